/** A decision's ids share what follows the prefix: `act_x`, `case_x`, `val_x`, `eff_x`, `snap_x`. Ids of elsewhere stand as they are. */
export function decisionIdFrom(id: string): string {
  return id.replace(/^(?:case|val|snap|eff)_/, 'act_')
}

export function caseIdOf(requestId: string): string {
  return requestId.replace(/^act_/, 'case_')
}

export function validationIdOf(requestId: string): string {
  return requestId.replace(/^act_/, 'val_')
}

export function snapshotIdOf(requestId: string): string {
  return requestId.replace(/^act_/, 'snap_')
}
