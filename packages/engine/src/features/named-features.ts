import type { CallContext, EvaluateResponse, FeatureSchema, FeatureVector } from '@bighub/core/protocol'
import type { EvaluationKept } from '../engine-state.ts'
import { INPUT_NAMES } from '../risk/mixture-inputs.ts'
import { describeRecord } from '../risk/prediction-record.ts'
import { COUNTER_CONTEXTS } from './counter-contexts.ts'
import { provenanceClassOf } from './provenance-class.ts'
import { verbClassOf } from './verb-class.ts'

/** Grows when a feature is added, dropped or defined anew. */
export const FEATURES_VERSION = 2

export type FeatureValue = FeatureVector['features'][string]

/** What features are read off: what a decision left in the log. Words are absent once they were erased. */
export interface FeatureSource {
  readonly kept: EvaluationKept
  /** When it was decided, in milliseconds since the epoch. */
  readonly at: number
  readonly tool: string | null
  readonly actor: string | null
  readonly target: string | null
  readonly call: CallContext
  /** Null for a decision of elsewhere: nothing but its risk was worked out here. */
  readonly response: EvaluateResponse | null
}

interface Definition {
  readonly key: string
  readonly type: 'number' | 'string' | 'boolean'
  readonly description: string
  /** Which part of the engine it comes from. */
  readonly source: 'request' | 'prediction' | 'decision' | 'precedents' | 'simulation' | 'trajectory'
  readonly read: (source: FeatureSource) => FeatureValue | undefined
}

/** Every feature by name, in order. A feature that cannot be known of a case is null, never left out. */
const DEFINITIONS: readonly Definition[] = [
  text('action', 'request', 'Name of the action', ({ kept }) => kept.action),
  text('tool', 'request', 'Tool that carries it out', ({ tool }) => tool),
  text('domain', 'request', 'Business area', ({ kept }) => kept.domain),
  text('actor', 'request', 'Who acts', ({ actor }) => actor),
  text('target', 'request', 'What it acts on', ({ target }) => target),
  text('verb_class', 'request', 'What kind of thing the name says it does', ({ kept }) => verbClassOf(kept.action)),
  number('value', 'request', 'Value at stake, in the unit of the application', ({ kept }) => kept.value),
  number('value_size', 'request', 'ln(1 + |value|), which precedents are compared by', ({ kept }) =>
    kept.value === null ? null : Math.log1p(Math.abs(kept.value)),
  ),
  number('hour_utc', 'request', 'Hour of the day of the decision, 0–23 UTC', ({ at }) => new Date(at).getUTCHours()),
  number('argument_count', 'request', 'Arguments of the call', ({ call }) =>
    call.arguments === undefined ? null : Object.keys(call.arguments).length,
  ),
  number(
    'field_count',
    'request',
    'Argument and context fields that became features',
    ({ kept }) => kept.precedent.fields.length,
  ),
  flag('mutating', 'request', 'Whether the tool changes something', ({ call }) => call.mutating),
  number('reversibility', 'request', '0 cannot be undone, 1 undone at no cost', ({ call }) => call.reversibility),
  flag(
    'read_only_hint',
    'request',
    "The tool's author says it only reads",
    ({ call }) => call.annotations?.readOnlyHint,
  ),
  flag(
    'destructive_hint',
    'request',
    "The tool's author says it may destroy",
    ({ call }) => call.annotations?.destructiveHint,
  ),
  text('provenance', 'request', 'Where the arguments came from as a whole', ({ call }) =>
    call.provenance === undefined ? null : provenanceClassOf(call.provenance),
  ),

  number('risk_score', 'prediction', 'Estimated probability of a negative outcome, 0–1', ({ kept }) => kept.risk),
  number(
    'risk_lower',
    'prediction',
    'Lower end of the interval around it',
    ({ response }) => response?.risk_interval?.[0],
  ),
  number(
    'risk_upper',
    'prediction',
    'Upper end of the interval around it',
    ({ response }) => response?.risk_interval?.[1],
  ),
  number(
    'confidence',
    'prediction',
    'How much evidence stands behind the estimate, 0–1',
    ({ response }) => response?.intelligence?.confidence?.score,
  ),
  flag(
    'novel_situation',
    'prediction',
    'Nothing like it had an outcome before',
    ({ response }) => response?.intelligence?.confidence?.novel_situation,
  ),
  ...COUNTER_CONTEXTS.map(({ name }) =>
    text(
      `context_${name}`,
      'prediction',
      `Hash of what it shares with others by ${name}: equal where cases count as one`,
      ({ kept }) => hashOf(kept, name),
    ),
  ),
  ...INPUT_NAMES.map((name) =>
    number(
      `log_odds_${name}`,
      'prediction',
      `What the model took in from ${name}: log-odds apart from what was expected without it`,
      ({ kept }) => describeRecord(kept.prediction)?.logOdds.get(name) ?? null,
    ),
  ),

  text('recommendation', 'decision', 'What was advised', ({ kept }) => kept.recommendation),
  text('result', 'decision', 'What was decided', ({ kept }) => kept.result),
  text('blocked_by', 'decision', 'Which limit stopped it', ({ kept }) => kept.blocked_by),
  number('rules_in_scope', 'decision', 'Rules in whose scope it lay', ({ kept }) => kept.rules.length),
  number('rules_blocking', 'decision', 'Rules that stopped it', ({ kept }) => kept.rules_blocked.length),
  number(
    'projected_regret',
    'decision',
    'Expected cost of the advice beyond that of the best option with hindsight, 0–1',
    ({ response }) => response?.decision_intelligence.projected_regret,
  ),

  number(
    'precedent_count',
    'precedents',
    'Similar past cases with an outcome',
    ({ response }) => response?.intelligence?.precedents?.with_outcomes,
  ),
  number(
    'precedent_negative_rate',
    'precedents',
    'Share of them that ended badly, weighted by similarity',
    ({ response }) => response?.intelligence?.precedents?.negative_rate,
  ),
  number(
    'precedent_risk_adjustment',
    'precedents',
    "Their bad rate minus the action's own",
    ({ response }) => response?.intelligence?.precedents?.risk_adjustment,
  ),

  number(
    'simulation_failure_rate',
    'simulation',
    'Share of the draws that end badly',
    ({ response }) => response?.intelligence?.simulation?.failure_rate,
  ),
  number(
    'simulation_fragility',
    'simulation',
    'Share of the draws in which another option would have been advised',
    ({ response }) => response?.intelligence?.simulation?.fragility_score,
  ),

  text(
    'trajectory_health',
    'trajectory',
    'How its run went so far',
    ({ response }) => response?.decision_intelligence.trajectory_health,
  ),
  number('trajectory_step', 'trajectory', 'Steps of its run before it', ({ response }) =>
    runNumber(response, 'step_index'),
  ),
  number('trajectory_risk', 'trajectory', 'Sum of the risks of those steps', ({ response }) =>
    runNumber(response, 'cumulative_risk'),
  ),
  number('trajectory_failures', 'trajectory', 'Tool errors in the last steps', ({ response }) =>
    runNumber(response, 'recent_failures_count'),
  ),
]

/** The features of a decision, all of them, by name. */
export function namedFeatures(source: FeatureSource): Record<string, FeatureValue> {
  return Object.fromEntries(DEFINITIONS.map(({ key, read }) => [key, read(source) ?? null]))
}

export function featureSchema(): FeatureSchema {
  return {
    version: FEATURES_VERSION,
    features: DEFINITIONS.map(({ key, type, description, source }) => ({ key, type, description, source })),
  }
}

/** What a feature says, in words; null if there is no such feature. */
export function explainFeature(
  key: string,
  value: FeatureValue,
): { key: string; value: FeatureValue; source: string; explanation: string } | null {
  const definition = DEFINITIONS.find((each) => each.key === key)
  if (!definition) return null
  const said = value === null ? 'not known of this case' : String(value)
  return { key, value, source: definition.source, explanation: `${definition.description}: ${said}` }
}

type Reader = Definition['read']

function text(key: string, source: Definition['source'], description: string, read: Reader): Definition {
  return { key, type: 'string', description, source, read }
}

function number(key: string, source: Definition['source'], description: string, read: Reader): Definition {
  return { key, type: 'number', description, source, read }
}

function flag(key: string, source: Definition['source'], description: string, read: Reader): Definition {
  return { key, type: 'boolean', description, source, read }
}

/** The model's own record of a prediction is read only where it has the form that is known; else nothing is said. */
function hashOf({ prediction }: EvaluationKept, name: string): string | null {
  const hash = describeRecord(prediction)?.contexts.get(name)
  return hash === undefined ? null : hash.toString(16).padStart(8, '0')
}

function runNumber(response: EvaluateResponse | null, field: string): number | null {
  const run = response?.intelligence?.['trajectory']
  const value: unknown = typeof run === 'object' && run !== null ? Reflect.get(run, field) : undefined
  return typeof value === 'number' ? value : null
}
