import type { Route, RouteName } from '@bighub/core/protocol'
import type { ToolHints } from './tool.ts'

/** POSTs that store nothing. `memoryRecommendations` is not among them: with `auto_apply` it changes constraints. */
const READING: ReadonlySet<RouteName> = new Set<RouteName>([
  'cases.precedents',
  'precedents.query',
  'precedents.signals',
  'retrieval.query',
  'retrieval.queryExplained',
  'retrieval.compare',
  'insights.advise',
  'constraints.dryRun',
  'constraints.validateDryRun',
  'webhooks.verifySignature',
  'features.compute',
  'features.computeBatch',
  'features.exportBatch',
  'features.compare',
])

/** GETs that do something (protocol §7.7). */
const WRITING: ReadonlySet<RouteName> = new Set<RouteName>(['insights.learn'])

/** What ends, revokes, stops or lifts a stop, besides every DELETE. */
const DESTRUCTIVE: ReadonlySet<RouteName> = new Set<RouteName>([
  'actions.disconnect',
  'constraints.purgeIdempotency',
  'apiKeys.rotate',
  'auth.logout',
  'killSwitch.activate',
  'killSwitch.deactivate',
])

/** Writes that change nothing more when they are made again. */
const REPEATABLE: ReadonlySet<RouteName> = new Set<RouteName>([
  'actions.heartbeat',
  'actions.disconnect',
  'actions.refreshMemoryAggregates',
  'outcomes.report',
  'cases.reportOutcome',
  'insights.learn',
  'constraints.pause',
  'constraints.resume',
  'constraints.purgeIdempotency',
  'approvals.resolve',
  'auth.logout',
])

/** Sends something to an address outside. */
const OUTGOING: ReadonlySet<RouteName> = new Set<RouteName>(['webhooks.test', 'webhooks.replayFailedDelivery'])

/** What the tool of a route claims about itself. */
export function toolHints(name: RouteName, { verb }: Pick<Route, 'verb'>): ToolHints {
  const isReading = verb === 'GET' ? !WRITING.has(name) : READING.has(name)
  return {
    readOnlyHint: isReading,
    destructiveHint: verb === 'DELETE' || DESTRUCTIVE.has(name),
    idempotentHint: isReading || verb === 'DELETE' || REPEATABLE.has(name),
    openWorldHint: OUTGOING.has(name),
  }
}
