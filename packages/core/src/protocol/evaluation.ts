import * as z from 'zod'

export const recommendationSchema = z.enum(['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed'])
/** The evaluator's advice, mildest first. */
export type Recommendation = z.infer<typeof recommendationSchema>

export const confidenceLevelSchema = z.enum(['high', 'medium', 'low'])
export type ConfidenceLevel = z.infer<typeof confidenceLevelSchema>

export const enforcementModeSchema = z.enum(['advisory', 'review', 'enforced'])
/** How far advice binds (protocol §5.2). */
export type EnforcementMode = z.infer<typeof enforcementModeSchema>

export const evidenceStatusSchema = z.enum(['none', 'sparse', 'limited', 'sufficient'])
export type EvidenceStatus = z.infer<typeof evidenceStatusSchema>

export const trajectoryHealthSchema = z.enum(['healthy', 'degrading', 'at_risk', 'critical'])
/** Mild to bad. */
export type TrajectoryHealth = z.infer<typeof trajectoryHealthSchema>

export const riskBandSchema = z.enum(['low', 'medium', 'high', 'critical'])
/** `low` [0, .25), `medium` [.25, .5), `high` [.5, .75), `critical` [.75, 1]. */
export type RiskBand = z.infer<typeof riskBandSchema>

export const blockedBySchema = z.enum([
  'max_value',
  'min_value',
  'max_per_day',
  'max_per_hour',
  'cooldown',
  'allowed_hours',
  'condition',
  'kill_switch',
  'live_connection',
  'plan_limit',
  'require_approval_above',
  'repeat_refusal',
  'trajectory',
  'promise',
  'hold_budget',
])
/** The limit that decided; null where risk alone did. The last five are ours, beyond the protocol's list. */
export type BlockedBy = z.infer<typeof blockedBySchema>

/** Losses that precedents recorded; a field without a record is absent, never invented. */
export const impactSummarySchema = z.looseObject({
  blast_radius_p50: z.number().optional(),
  blast_radius_p95: z.number().optional(),
  blast_radius_max: z.number().optional(),
  worst_case_recovery_time_s: z.number().optional(),
  irreversibility_risk: z.number().optional(),
  cascading_domain_risk: z.number().optional(),
})
export type ImpactSummary = z.infer<typeof impactSummarySchema>

/** The losses drawn at evaluation: 256 seeded draws over risk and recorded severities. */
export const simulationSummarySchema = z.looseObject({
  available: z.boolean(),
  scenarios_run: z.int().min(0),
  failure_rate: z.number().optional(),
  fragility_score: z.number().optional(),
  confidence: z.number().optional(),
  tail_risk_level: riskBandSchema.nullish(),
  /** In units of an ordinary stake of this action. */
  loss_p50: z.number().optional(),
  loss_p95: z.number().optional(),
  loss_worst: z.number().optional(),
  impact_summary: impactSummarySchema.optional(),
})
export type SimulationSummary = z.infer<typeof simulationSummarySchema>

export const alternativeSchema = z.looseObject({
  action: z.string(),
  rationale: z.string(),
  estimated_risk: z.number(),
})
export type Alternative = z.infer<typeof alternativeSchema>

/** The plain-words part of an answer. */
export const decisionIntelligenceSchema = z.looseObject({
  projected_regret: z.number(),
  evidence_status: evidenceStatusSchema,
  trajectory_health: trajectoryHealthSchema.nullish(),
  alternatives: z.array(alternativeSchema),
  rationale: z.string(),
  rule_basis: z.string().nullish(),
  simulation_summary: simulationSummarySchema.optional(),
})
export type DecisionIntelligence = z.infer<typeof decisionIntelligenceSchema>

/** A past case that counts as evidence, best first by similarity. */
export const precedentReferenceSchema = z.looseObject({
  request_id: z.string(),
  similarity: z.number(),
  action: z.string(),
  actor: z.string().optional(),
  target: z.string().nullish(),
  value: z.number().nullish(),
  outcome_status: z.string(),
  outcome_category: z.string(),
  created_at: z.string(),
})
export type PrecedentReference = z.infer<typeof precedentReferenceSchema>

export const precedentSummarySchema = z.looseObject({
  total_precedents: z.int().min(0),
  with_outcomes: z.int().min(0),
  /** Similarity-weighted; null without outcomes. */
  success_rate: z.number().nullable(),
  negative_rate: z.number().nullable(),
  risk_level: riskBandSchema.nullable(),
  confidence: z.number(),
  warnings: z.array(z.string()),
  /** Posterior bad rate of the neighbours minus the action's own; null without outcomes. */
  risk_adjustment: z.number().nullable(),
  positive: precedentReferenceSchema.nullish(),
  negative: precedentReferenceSchema.nullish(),
})
export type PrecedentSummary = z.infer<typeof precedentSummarySchema>

/** State of a run so far (protocol §6.1). Fields that cannot be known are absent. */
export const trajectoryStateSchema = z.looseObject({
  trajectory_id: z.string(),
  step_index: z.int().min(0),
  cumulative_cost: z.number(),
  cumulative_risk: z.number(),
  verification_debt: z.number(),
  irreversible_actions_count: z.int(),
  recent_failures_count: z.int(),
  consecutive_risky_actions: z.int(),
  refusals_count: z.int(),
  repetitions_count: z.int(),
  in_recovery: z.boolean(),
  last_failure_action: z.string().nullish(),
  last_n_actions: z.array(z.string()),
  has_debt: z.boolean(),
  is_drifting: z.boolean().optional(),
  drift_score: z.number().optional(),
})
export type TrajectoryState = z.infer<typeof trajectoryStateSchema>

export const intelligenceSchema = z.looseObject({
  confidence: z.looseObject({
    score: z.number(),
    level: confidenceLevelSchema,
    novel_situation: z.boolean(),
    reason: z.string(),
  }),
  counterfactual: z.looseObject({
    available: z.boolean(),
    easiest_change: z.string().nullish(),
    would_allow: z.boolean(),
  }),
  simulation: simulationSummarySchema.optional(),
  precedents: precedentSummarySchema.optional(),
  /** This very call was judged before, perhaps for another process: the decision is that one. */
  repeated: z.boolean().optional(),

  trajectory_id: z.string().optional(),
  trajectory_health: trajectoryHealthSchema.nullish(),
  projected_regret: z.number().optional(),
  trajectory: trajectoryStateSchema.optional(),
})
export type Intelligence = z.infer<typeof intelligenceSchema>

/** One additive part of the risk, in log-odds. */
export const contributionSchema = z.looseObject({
  /** What the evidence is about: `base`, `action`, `actor`, `target`, `value`, `provenance`, `precedents`, `prior` … */
  group: z.string(),
  text: z.string(),
  log_odds: z.number(),
  count: z.number().optional(),
})
export type Contribution = z.infer<typeof contributionSchema>

/** The decision as one object that a runtime can store beside the call (protocol §6.1). */
export const decisionPacketSchema = z.looseObject({
  version: z.literal(1),
  signal: z.looseObject({
    recommendation: recommendationSchema,
    risk_score: z.number(),
    risk_band: riskBandSchema,
    confidence_zone: z.enum(['strong_evidence', 'moderate_evidence', 'limited_evidence', 'no_evidence']),
    regret_band: z.enum(['low', 'moderate', 'high']),
  }),
  constraints: z.array(z.looseObject({ rule_id: z.string(), name: z.string(), effect: z.string() })),
  risk_factors: z.array(contributionSchema),
  precedents: z.array(precedentReferenceSchema),
  packet_sha256: z.string().optional(),
})
export type DecisionPacket = z.infer<typeof decisionPacketSchema>

export const usageSchema = z.looseObject({
  rule_id: z.string().optional(),
  used_today: z.int().optional(),
  max_per_day: z.int().nullish(),
  remaining_today: z.int().nullish(),
})
export type Usage = z.infer<typeof usageSchema>

/** What came of the effect key that the request carried. */
export const effectAnswerSchema = z.looseObject({
  effect_id: z.string(),
  /** Whether this request, and no other before it, may run the call. */
  claimed: z.boolean(),
  state: z.string(),
})
export type EffectAnswer = z.infer<typeof effectAnswerSchema>

/** Answer of `POST /actions/evaluate`, and each item of the batch (protocol §6.1). */
export const evaluateResponseSchema = z.looseObject({
  recommendation: recommendationSchema,
  recommendation_confidence: confidenceLevelSchema,
  /** Estimated probability in [0, 1] that the outcome will be negative. */
  risk_score: z.number().min(0).max(1),
  /** Interval of `risk_score`, [lower, upper]. */
  risk_interval: z.tuple([z.number(), z.number()]).optional(),
  enforcement_mode: enforcementModeSchema,
  enforced_verdict: z.enum(['allowed', 'requires_approval', 'blocked']).nullish(),
  decision_intelligence: decisionIntelligenceSchema,
  warnings: z.array(z.string()),
  request_id: z.string(),

  allowed: z.boolean(),
  result: z.enum(['allowed', 'requires_approval', 'blocked']),
  reason: z.string(),
  blocked_by: blockedBySchema.nullish(),
  requires_approval: z.boolean(),
  human_review: z.boolean(),

  usage: usageSchema.optional(),
  dry_run: z.boolean().optional(),
  mode: z.string().optional(),
  max_percentage: z.number().nullish(),
  duration: z.string().nullish(),
  gate_version: z.string().optional(),

  verdict_changed: z.boolean().optional(),
  learning_influenced: z.boolean().optional(),
  verdict_override: z.record(z.string(), z.unknown()).nullish(),

  intelligence: intelligenceSchema.optional(),
  decision_packet: decisionPacketSchema.optional(),
  simulation: simulationSummarySchema.optional(),

  trajectory_id: z.string().optional(),
  case_id: z.string().optional(),
  validation_id: z.string().optional(),
  validation_hash: z.string().optional(),
  effect: effectAnswerSchema.optional(),

  action: z.string().optional(),
  actor: z.string().optional(),
  value: z.number().nullish(),
  target: z.string().nullish(),
  domain: z.string().nullish(),
})
export type EvaluateResponse = z.infer<typeof evaluateResponseSchema>
