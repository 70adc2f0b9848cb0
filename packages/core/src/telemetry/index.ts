export { type InstrumentOptions, instrumentGuard } from './instrument-guard.ts'
