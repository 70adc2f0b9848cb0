import * as z from 'zod'

const id = z.string().min(1).max(200)
const record = z.record(z.string(), z.unknown())

const computeFields = {
  case_id: id,
  org_id: z.union([z.string(), z.number()]).optional(),
  case_data: record.optional(),
  outcome_data: record.nullish(),
  precedent_data: record.nullish(),
  calibration_data: record.nullish(),
  advisory_data: record.nullish(),
  domain_stats: record.nullish(),
} as const

/** Body of `POST /features/compute`. */
export const computeFeaturesRequestSchema = z.looseObject(computeFields)
export type ComputeFeaturesRequest = z.input<typeof computeFeaturesRequestSchema>
/** Body of `POST /features/compute/batch`. */
export const computeFeaturesBatchRequestSchema = z.looseObject({
  cases: z.array(computeFeaturesRequestSchema).min(1).max(500),
})

export const featureValueSchema = z.union([z.number(), z.string(), z.boolean(), z.null()])
const vector = {
  case_id: z.string(),
  org_id: z.string(),
  schema_version: z.int(),
  features: z.record(z.string(), featureValueSchema),
  computed_at: z.string(),
} as const
export const featureVectorSchema = z.looseObject(vector)
export type FeatureVector = z.infer<typeof featureVectorSchema>
export const featureBatchSchema = z.looseObject({ results: z.array(featureVectorSchema), count: z.int() })

export const snapshotFeaturesRequestSchema = z.looseObject({ case_id: id, tag: z.string().max(200).nullish() })
export const featureSnapshotSchema = z.looseObject({
  ...vector,
  snapshot_id: z.string(),
  tag: z.string().nullable(),
  created_at: z.string(),
})
export type FeatureSnapshot = z.infer<typeof featureSnapshotSchema>
export const listFeatureSnapshotsQuerySchema = z.object({
  tag: z.string().max(200).optional(),
  case_id: z.string().max(200).optional(),
})
export const featureSnapshotListSchema = z.looseObject({ snapshots: z.array(featureSnapshotSchema), total: z.int() })

const explained = {
  key: z.string(),
  value: featureValueSchema,
  source: z.string(),
  explanation: z.string(),
} as const
export const featureExplanationSchema = z.looseObject({
  case_id: z.string(),
  features: z.array(z.looseObject(explained)),
})
export type FeatureExplanation = z.infer<typeof featureExplanationSchema>
export const oneFeatureExplanationSchema = z.looseObject({ case_id: z.string(), ...explained })

export const featureExportSchema = z.looseObject({
  case_id: z.string(),
  features: z.record(z.string(), featureValueSchema),
})
export const exportFeaturesBatchRequestSchema = z.looseObject({ case_ids: z.array(id).min(1).max(500) })
export const featureExportBatchSchema = z.looseObject({ exports: z.array(featureExportSchema), count: z.int() })

/** Body of `POST /features/compare`: two snapshots, two cases, or one of each. */
export const compareFeaturesRequestSchema = z.looseObject({
  snapshot_id_a: id.nullish(),
  snapshot_id_b: id.nullish(),
  case_id_a: id.nullish(),
  case_id_b: id.nullish(),
  changed_only: z.boolean().optional(),
})
export type CompareFeaturesRequest = z.input<typeof compareFeaturesRequestSchema>
export const featureComparisonSchema = z.looseObject({
  a: z.string(),
  b: z.string(),
  changed: z.array(
    z.looseObject({
      key: z.string(),
      a: featureValueSchema.optional(),
      b: featureValueSchema.optional(),
      /** b − a for numbers, else null. */
      diff: z.number().nullable(),
    }),
  ),
  total_features: z.int(),
  changed_count: z.int(),
})
export type FeatureComparison = z.infer<typeof featureComparisonSchema>

export const featureSchemaSchema = z.looseObject({
  version: z.int(),
  features: z.array(z.looseObject({ key: z.string(), type: z.string(), description: z.string(), source: z.string() })),
})
export type FeatureSchema = z.infer<typeof featureSchemaSchema>
export const featureStatsSchema = z.looseObject({
  vectors: z.int(),
  snapshots: z.int(),
  features: z.int(),
  last_computed_at: z.string().nullable(),
})
export type FeatureStats = z.infer<typeof featureStatsSchema>
