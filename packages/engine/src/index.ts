export {
  Backtest,
  type BacktestEvent,
  type BacktestObserver,
  type BacktestOptions,
  type BacktestResult,
  type BandResult,
  type ConfidenceBand,
  type JudgedDecision,
} from './backtest/backtest.ts'
export { type BacktestFileOptions, BadLineError, backtestFile, type FileBacktest } from './backtest/backtest-file.ts'
export {
  type ComparisonResult,
  type ConfigurationDifference,
  type ConfigurationTotals,
  MEASURES,
  type Measure,
} from './backtest/compare-configurations.ts'
export {
  AS_RECORDED,
  type Configuration,
  parseConfiguration,
  parsePolicyConfiguration,
} from './backtest/configuration.ts'
export type { CoverageBucket, CoverageResult } from './backtest/interval-coverage.ts'
export { DecisionMetrics, type MetricsBin, type MetricsResult } from './backtest/metrics.ts'
export { type ReadEvent, type ReadEventsOptions, readEvents } from './backtest/read-events.ts'
export { perActionMean, runningBaseRate, type SimplePeer } from './backtest/simple-peers.ts'
export { createEngine, Engine, openPostgresEngine, type PostgresEngineOptions } from './engine.ts'
export type { EngineOptions } from './engine-options.ts'
export type { OpenEffect } from './engine-state.ts'
export { type Followed, Follower, type FollowerOptions, followServer } from './follower/follower.ts'
export { createEngineHost, type EngineHost, FIRST_ORGANISATION, openPostgresHost } from './host/engine-host.ts'
export type { EngineHostOptions, HostOptions, PostgresHostOptions } from './host/host-options.ts'
export { wilsonInterval } from './math/wilson-interval.ts'
export type { ChainFault } from './storage/chain.ts'
export type { LogRecord, RecordType } from './storage/storage.ts'
export type { LogVerification, StateVerification } from './verify.ts'
export type { WebhookOptions } from './webhooks/webhook-options.ts'
