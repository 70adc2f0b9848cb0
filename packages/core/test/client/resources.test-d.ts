import {
  ApiError,
  type ApplyPatchRequest,
  type BighubClient,
  createGuard,
  type DecisionApi,
  type EvaluateResponse,
  type LiveSession,
  paginate,
} from '../../src/node/index.ts'

// What the types of the client promise. Compiled, never run.
export async function usesOfTheClient(client: BighubClient, error: unknown): Promise<void> {
  const api: DecisionApi = client
  createGuard({ evaluator: client })

  const evaluations: EvaluateResponse[] = [
    await client.evaluate({ action: 'pay' }),
    await client.actions.submit({ action: 'pay' }, { idempotencyKey: 'k' }),
    await client.actions.evaluatePayload({ action: 'pay', own: 1 }),
    await api.actions.evaluate({ action: 'pay' }),
  ]
  // @ts-expect-error An action has a name.
  evaluations.push(await client.actions.dryRun({ value: 1 }))
  // @ts-expect-error An id is text.
  await client.rules.get(7)
  // @ts-expect-error A route that the table does not have.
  await client.rules.erase('rule_1')
  // @ts-expect-error A filter that the route does not have.
  await client.cases.list({ colour: 'red' })

  const ops: ApplyPatchRequest['patch'] = [{ op: 'remove', path: '/max_value' }]
  await client.constraints.applyPatch('rule_1', { patch: { format: 'json_patch', ops } }, { ifMatch: 'W/"x"' })
  // @ts-expect-error A patch is needed.
  await client.constraints.applyPatch('rule_1', { preview: true })

  const session: LiveSession = await client.actions.beginLiveSession({ actor: 'ana' })
  evaluations.push(await session.submit({ action: 'pay' }))
  const revoked: 'revoked' = (await client.apiKeys.revoke('key_1')).status

  for await (const each of paginate(client.decisions.list, (page) => page.decisions, { domain: 'payments' })) {
    const risk: number = each.risk_score
    console.log(risk, revoked)
  }
  if (error instanceof ApiError || ApiError.isInstance(error)) console.log(error.statusCode, error.requestId)
}
