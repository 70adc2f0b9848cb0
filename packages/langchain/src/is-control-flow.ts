/** Whether a thrown value is LangGraph's own control flow (an interrupt, a command for the parent, a drain) and no error. */
export function isControlFlow(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { is_bubble_up?: unknown }).is_bubble_up === true
}
