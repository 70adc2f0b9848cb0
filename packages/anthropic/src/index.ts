export { guardTools } from './guard-tools.ts'
