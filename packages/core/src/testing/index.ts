export {
  createScriptedEvaluator,
  type ScriptedAnswer,
  type ScriptedEvaluator,
  type ScriptedEvaluatorOptions,
} from './scripted-evaluator.ts'
