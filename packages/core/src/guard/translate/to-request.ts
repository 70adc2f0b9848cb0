import { type CallContext, canonicalJson, type EvaluateRequest, InvalidInputError } from '../../protocol/index.ts'
import type { ResolvedGuardOptions } from '../guard-options.ts'
import { viewOf } from '../redaction/view-of.ts'
import type { ToolArguments, ToolOptions } from '../tool-options.ts'
import type { RunState } from '../trajectory/run-state.ts'
import type { GuardedCall } from './guarded-call.ts'

/** Longest canonical form of arguments that is digested; nothing a person approves is larger. */
export const MAX_ARGUMENTS_LENGTH = 64 * 1024 * 1024

/** What is known of a call before anybody judges it. */
export interface TranslatedCall {
  readonly action: string
  readonly actor: string
  readonly domain: string | null
  readonly value: number | null
  readonly target: string | null
  readonly targetVersion: string | null
  readonly metadata: Readonly<Record<string, unknown>>
  /** Text whose SHA-256 binds an approval to exactly this call. */
  readonly canonical: string
}

/**
 * Reads a call with the tool's options. Arguments never reach the policy's own fields except through these options.
 *
 * @throws InvalidInputError naming the field, if an option's function throws or returns something of the wrong type, or the
 * arguments cannot be written as JSON.
 */
export function translateCall(call: GuardedCall, tool: ToolOptions, guard: ResolvedGuardOptions): TranslatedCall {
  const args = toArgumentRecord(call.arguments)
  const actor = tool.actor ?? guard.actor
  const domain = tool.domain ?? guard.domain
  const targetVersion = optionalText('targetVersion', () => tool.targetVersion?.(call.arguments))
  const canonical = canonicalJson({
    tool: call.tool,
    arguments: call.arguments,
    actor,
    domain,
    target_version: targetVersion,
  })
  if (canonical.length > MAX_ARGUMENTS_LENGTH)
    throw new InvalidInputError(
      'arguments',
      `are ${canonical.length} characters long; at most ${MAX_ARGUMENTS_LENGTH} can be judged`,
    )
  return {
    action: tool.action ?? call.tool,
    actor,
    domain,
    value: readValue(tool, call.arguments, args),
    target: readTarget(tool, call.arguments, args),
    targetVersion,
    metadata: readMetadata(tool, call.arguments),
    canonical,
  }
}

/**
 * The body of the evaluation. The guard's own context keys come last, so that metadata cannot replace them. Without an effect
 * key it is a dry run: it claims nothing and carries nothing that the next evaluation would miss.
 */
export function toEvaluateRequest(
  call: GuardedCall,
  translated: TranslatedCall,
  facts: { tool: ToolOptions; digest: string; effectKey: string | null; run: RunState; guard: ResolvedGuardOptions },
): EvaluateRequest {
  const { tool, guard, run } = facts
  return {
    action: translated.action,
    actor: translated.actor,
    ...(translated.value === null ? {} : { value: translated.value }),
    ...(translated.target === null ? {} : { target: translated.target }),
    ...(translated.domain === null ? {} : { domain: translated.domain }),
    context: {
      ...translated.metadata,
      trajectory_id: run.id,
      call: toCallContext(call, translated, facts),
      ...(facts.effectKey === null ? {} : { run: run.takeContext(guard) }),
    },
    ...(facts.effectKey === null ? { dry_run: true } : {}),
  }

  function toCallContext(
    call: GuardedCall,
    translated: TranslatedCall,
    facts: { digest: string; effectKey: string | null },
  ): CallContext {
    const mutating =
      tool.mutating ?? (tool.annotations?.readOnlyHint === undefined ? undefined : !tool.annotations.readOnlyHint)
    return {
      tool: call.tool,
      arguments: viewOf(call.arguments, guard),
      arguments_digest: facts.digest,
      ...(facts.effectKey === null ? {} : { effect_key: facts.effectKey }),
      provenance: run.labelArguments(call.arguments),
      ...(call.callId === undefined ? {} : { call_id: call.callId }),
      ...(guard.mode === 'shadow' ? { shadow: true } : {}),
      ...(guard.mode === 'review' || guard.onCaution === 'review' ? { hold_cautions: true } : {}),
      ...(mutating === undefined ? {} : { mutating }),
      ...(tool.reversibility === undefined ? {} : { reversibility: tool.reversibility }),
      ...(tool.annotations === undefined ? {} : { annotations: tool.annotations }),
      ...(translated.targetVersion === null ? {} : { target_version: translated.targetVersion }),
      ...(tool.trusted === undefined ? {} : { trusted: tool.trusted }),
    }
  }
}

function toArgumentRecord(value: unknown): ToolArguments {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ToolArguments) : {}
}

const VALUE_NAMES = ['value', 'amount', 'price', 'total'] as const

function readValue(tool: ToolOptions, raw: unknown, args: ToolArguments): number | null {
  if (tool.value === undefined) {
    for (const name of VALUE_NAMES) {
      const value = Object.hasOwn(args, name) ? args[name] : undefined
      if (typeof value === 'number' && Number.isFinite(value)) return value
    }
    return null
  }
  const option = tool.value
  const value = typeof option === 'function' ? guarded('value', () => option(raw)) : option
  if (value === null || value === undefined) return null
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw new InvalidInputError('value', `the tool's value must be a finite number, not ${describe(value)}`)
  return value
}

function readTarget(tool: ToolOptions, raw: unknown, args: ToolArguments): string | null {
  const option = tool.target
  if (typeof option === 'string') return option
  if (option !== undefined) return optionalText('target', () => option(raw))
  const target = Object.hasOwn(args, 'target') ? args['target'] : undefined
  return typeof target === 'string' || typeof target === 'number' ? String(target).slice(0, 4000) : null
}

function readMetadata(tool: ToolOptions, raw: unknown): Readonly<Record<string, unknown>> {
  const option = tool.metadata
  const metadata = typeof option === 'function' ? guarded('metadata', () => option(raw)) : (option ?? {})
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    throw new InvalidInputError('metadata', `must be an object, not ${describe(metadata)}`)
  return viewOf(metadata, { redaction: false })
}

function optionalText(name: string, read: () => unknown): string | null {
  const value = guarded(name, read)
  if (value === null || value === undefined) return null
  if (typeof value !== 'string') throw new InvalidInputError(name, `must be text, not ${typeof value}`)
  return value.slice(0, 4000)
}

function guarded<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    throw new InvalidInputError(name, `the tool option threw: ${text.slice(0, 200)}`, { cause: error })
  }
}

function describe(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value
}
