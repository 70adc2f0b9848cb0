export { createEngine, Engine, type EngineOptions } from './engine.ts'
