export { followRuns } from './follow-runs.ts'
export { guardTool } from './guard-tool.ts'
export { guardTools } from './guard-tools.ts'
