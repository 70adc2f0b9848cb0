import type { BegunCall, Guard } from '@bighub/core'
import type { HookedTool } from './hooked-tool.ts'
import { type HookedCall, toGuardedCall } from './to-guarded-call.ts'

interface KnownCall {
  readonly begun: BegunCall
  /** What the model wrote; unknown until a hook sees it. */
  written: string | undefined
}

/** Calls that a hook has begun, by guard, the run's context, and tool with call id. */
const known = new WeakMap<Guard, WeakMap<object, Map<string, KnownCall>>>()

/**
 * Begins a call in the hook that judges it first in its run, or again after a pause. This hook sees the arguments with the
 * schema's defaults, as the tool will get them.
 */
export async function beginAsked(hooked: HookedTool, call: HookedCall): Promise<BegunCall> {
  const begun = await hooked.guard.begin(toGuardedCall(hooked, call))
  remember(hooked, call, begun, undefined)
  return begun
}

/**
 * Finds the call that an earlier hook of the same run has begun, or begins it. The SDK shows a call's arguments differently from
 * hook to hook: with the schema's defaults, as the model wrote them. So a call is known by its id, by what the model wrote, and
 * by the context in which the first hook saw it, and is judged by what that hook saw.
 *
 * @param written - The arguments as the model wrote them.
 */
export async function beginWritten(hooked: HookedTool, call: HookedCall, written: string): Promise<BegunCall> {
  const begun = findCall(hooked, call.context, call.callId, written)
  if (begun) {
    begun.adoptSignal(call.signal)
    return begun
  }
  const fresh = await hooked.guard.begin(toGuardedCall(hooked, call))
  remember(hooked, call, fresh, written)
  return fresh
}

/** The call that an earlier hook has begun. What the model wrote belongs to it from the first time it is seen. */
export function findCall(
  { guard, name }: HookedTool,
  context: object | undefined,
  callId: string | undefined,
  written: string,
): BegunCall | undefined {
  const call = context && callId ? known.get(guard)?.get(context)?.get(toKey(name, callId)) : undefined
  if (!call) return undefined
  call.written ??= written
  return call.written === written ? call.begun : undefined
}

function remember(
  { guard, name }: HookedTool,
  { context, callId }: HookedCall,
  begun: BegunCall,
  written: string | undefined,
): void {
  if (!context || !callId) return
  const runs = known.get(guard) ?? new WeakMap<object, Map<string, KnownCall>>()
  const calls = runs.get(context) ?? new Map<string, KnownCall>()
  known.set(guard, runs.set(context, calls.set(toKey(name, callId), { begun, written })))
}

function toKey(name: string, callId: string): string {
  return JSON.stringify([name, callId])
}
