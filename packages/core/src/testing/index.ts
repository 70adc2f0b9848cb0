export {
  ADAPTER_CHECKS,
  type AdapterCheck,
  type AdapterRun,
  type AdapterRunOptions,
  type AdapterStage,
  type AdapterSubject,
  type ProposedCall,
} from './adapters/index.ts'
export {
  type CaseTools,
  CONFORMANCE_CASES,
  type ConformanceCase,
  normaliseTranscript,
  recordCalls,
  type TranscriptEntry,
} from './conformance/index.ts'
export {
  createScriptedEvaluator,
  type ScriptedAnswer,
  type ScriptedEvaluator,
  type ScriptedEvaluatorOptions,
} from './scripted-evaluator.ts'
