import * as z from 'zod'

/** Where an argument's value was seen before: in the user's words, in a tool's output, in both, in neither, or (lists) mixed. */
export const provenanceLabelSchema = z.enum(['user', 'tool', 'both', 'none', 'mixed'])
export type ProvenanceLabel = z.infer<typeof provenanceLabelSchema>

/** What a tool's author claims about it (MCP tool annotations). Claims, never proof. */
export const toolAnnotationsSchema = z.looseObject({
  readOnlyHint: z.boolean().optional(),
  destructiveHint: z.boolean().optional(),
  idempotentHint: z.boolean().optional(),
  openWorldHint: z.boolean().optional(),
})
export type ToolAnnotations = z.infer<typeof toolAnnotationsSchema>

/**
 * `context.call`: what the guard knows about the tool call. Only a guard writes it; a tool's arguments travel inside
 * `arguments` and can never reach a field that policy matches on (protocol §7.1).
 */
export const callContextSchema = z.looseObject({
  tool: z.string().optional(),
  call_id: z.string().optional(),
  /** Masked and cut; the digest is over the unmasked arguments. */
  arguments: z.record(z.string(), z.unknown()).optional(),
  /** SHA-256, lower-case hex, over the canonical JSON of tool, arguments, actor, domain and target version. */
  arguments_digest: z.string().optional(),
  /** Claim this key with the evaluation unless it holds or blocks. */
  effect_key: z.string().optional(),
  /** The guard is in shadow: open no approval, claim nothing that would not run. */
  shadow: z.boolean().optional(),
  /** The guard holds `proceed_with_caution` too: open an approval for it and do not claim. */
  hold_cautions: z.boolean().optional(),
  /** The decision whose call a reviewer changed into this one. Such a call is always held, and that review is its answer. */
  edit_of: z.string().optional(),
  mutating: z.boolean().optional(),
  /** 0 = cannot be undone, 1 = undone at no cost. */
  reversibility: z.number().min(0).max(1).optional(),
  annotations: toolAnnotationsSchema.optional(),
  provenance: z.record(z.string(), provenanceLabelSchema).optional(),
  target_version: z.string().optional(),
  /** Whether the tool's output may be believed. */
  trusted: z.boolean().optional(),
})
export type CallContext = z.infer<typeof callContextSchema>

/** One earlier tool result of the run, as the evaluator may read it: masked, at most 1,500 characters. */
export const observationSchema = z.looseObject({
  call_id: z.string().optional(),
  tool: z.string().optional(),
  text: z.string().optional(),
  error: z.boolean().optional(),
  trusted: z.boolean().optional(),
})
export type Observation = z.infer<typeof observationSchema>

/** `context.run`: what happened in this run since the last evaluation (protocol §7.1). */
export const runContextSchema = z.looseObject({
  step: z.int().min(0).optional(),
  /** Trajectory id of the agent that called this one. */
  parent: z.string().optional(),
  goal: z.string().optional(),
  /** The user's words since the last evaluation. */
  user_text: z.string().optional(),
  observations: z.array(observationSchema).optional(),
})
export type RunContext = z.infer<typeof runContextSchema>

/** `context` of an evaluation: application data, plus the keys with a meaning. */
export const evaluationContextSchema = z.looseObject({
  session_id: z.string().optional(),
  trajectory_id: z.string().optional(),
  call: callContextSchema.optional(),
  run: runContextSchema.optional(),
})
export type EvaluationContext = z.infer<typeof evaluationContextSchema>

export const DEFAULT_ACTOR = 'AI_AGENT'

/**
 * Body of `POST /actions/evaluate` (protocol §7.1). Unknown keys are kept, not refused. `value` must be finite; text
 * fields are bounded so that one request cannot fill a log.
 */
export const evaluateRequestSchema = z.looseObject({
  action: z.string().min(1).max(500),
  actor: z.string().max(500).nullish(),
  value: z.number().nullish(),
  target: z.string().max(4000).nullish(),
  domain: z.string().max(500).nullish(),
  context: evaluationContextSchema.nullish(),
  /** Merged under `context`; `context` wins. */
  metadata: z.record(z.string(), z.unknown()).nullish(),
  /** Store nothing, count nothing, open no approval. */
  dry_run: z.boolean().optional(),
  check_contracts: z.boolean().optional(),
})
export type EvaluateRequest = z.input<typeof evaluateRequestSchema>

/** Body of `POST /actions/evaluate/batch`. Top-level `actor` and `domain` are defaults for the items. */
export const evaluateBatchRequestSchema = z.looseObject({
  actions: z.array(evaluateRequestSchema).max(100),
  actor: z.string().max(500).optional(),
  domain: z.string().max(500).optional(),
})
export type EvaluateBatchRequest = z.input<typeof evaluateBatchRequestSchema>
