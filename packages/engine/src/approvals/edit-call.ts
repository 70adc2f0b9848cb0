import { type ApprovalItem, canonicalJson, type EvaluateRequest, InvalidInputError } from '@bighub/core/protocol'
import { sha256 } from '../storage/chain.ts'
import type { LogRecord } from '../storage/storage.ts'

/** Arguments as a reviewer wants them. */
export type EditedArguments = Readonly<Record<string, unknown>>

/**
 * The request for a held call as a reviewer changed it: the same call with other arguments, bound to them. Value and target follow
 * where they are plain arguments; the guard that runs the call compares them with what its tool's options say.
 *
 * @throws InvalidInputError (`arguments`) if the record does not hold the arguments as the tool would get them, since an edit of
 * masked or cut ones could not say what would run.
 */
export function editCall(evaluation: LogRecord, item: ApprovalItem, args: EditedArguments): EvaluateRequest {
  const recorded = evaluation.payload?.['request'] as EvaluateRequest | undefined
  const call = recorded?.context?.call
  if (!recorded || !call || item.effect_key === null || item.effect_key === undefined)
    throw new InvalidInputError('arguments', 'cannot be changed: the decision was not made for a guarded call')
  const before = call.arguments ?? {}
  if (digestOfCall(recorded, before) !== item.arguments_digest)
    throw new InvalidInputError(
      'arguments',
      'cannot be changed here: some are masked or cut in the record; decline the call, and say what you would accept',
    )
  const digest = digestOfCall(recorded, args)
  if (digest === item.arguments_digest)
    throw new InvalidInputError('arguments', 'are the same as before; approve the call without arguments instead')
  const value = follow(recorded.value, before, args)
  const target = follow(recorded.target, before, args)
  return {
    ...recorded,
    ...(typeof value === 'number' && Number.isFinite(value) ? { value } : {}),
    ...(typeof target === 'string' ? { target } : {}),
    context: {
      ...recorded.context,
      call: {
        ...call,
        arguments: args,
        arguments_digest: digest,
        effect_key: effectKeyFor(item.effect_key, digest),
        edit_of: item.request_id,
        // Every value is the reviewer's now, and what the labels said of the model's no longer holds.
        provenance: {},
      },
      // What was said and seen before the call counts once, for the call as it was proposed.
      run: {},
    },
  }
}

/** The key under which the guard would claim the changed call: its last part is the beginning of the digest. */
function effectKeyFor(key: string, digest: string): string {
  const part = `/${digest.slice(0, 16)}`
  return /\/[0-9a-f]{16}$/.test(key) ? key.replace(/\/[0-9a-f]{16}$/, part) : `${key}${part}`
}

/** As the guard binds a call (`translateCall`). */
function digestOfCall(request: EvaluateRequest, args: EditedArguments): string {
  return sha256(
    canonicalJson({
      tool: request.context?.call?.tool,
      arguments: args,
      actor: request.actor,
      domain: request.domain ?? null,
      target_version: request.context?.call?.target_version ?? null,
    }),
  )
}

/** What has become of a fact that was one of the arguments; unchanged if it was none. */
function follow(fact: unknown, before: EditedArguments, after: EditedArguments): unknown {
  const name = Object.keys(before).find((each) => fact !== undefined && fact !== null && before[each] === fact)
  return name === undefined ? fact : after[name]
}
