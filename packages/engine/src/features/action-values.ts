import { QuantileSketch, type SketchState } from './quantile-sketch.ts'

/** Most fields and actions remembered; the ones that came first keep their place, later ones have no history. */
const MAX_SKETCHES = 4000
/** Values of an action that make its median worth using (engine.md §8). */
const MEDIAN_FROM = 10

/** What values an action usually has, and how numeric context fields usually lie: needs no outcomes. */
export class ActionValues {
  readonly #actions = new Map<string, QuantileSketch>()
  readonly #fields = new Map<string, QuantileSketch>()

  admit(action: string, value: number | null, numbers: Readonly<Record<string, number>> = {}): void {
    if (value !== null) sketchOf(this.#actions, action)?.admit(Math.abs(value))
    for (const [field, number] of Object.entries(numbers)) sketchOf(this.#fields, field)?.admit(number)
  }

  /** Median of |value| of the action; null until 10 were seen. */
  median(action: string): number | null {
    return this.#actions.get(action)?.median(MEDIAN_FROM) ?? null
  }

  /** Bin of a context field's value among those seen, 0–7; -1 while too few were seen. */
  fieldBin(field: string, value: number): number {
    return this.#fields.get(field)?.bin(value) ?? -1
  }

  snapshot(): unknown {
    return { actions: copy(this.#actions), fields: copy(this.#fields) }
  }

  restore(snapshot: unknown): void {
    const { actions, fields } = snapshot as Record<'actions' | 'fields', Map<string, SketchState>>
    fill(this.#actions, actions)
    fill(this.#fields, fields)
  }
}

function sketchOf(sketches: Map<string, QuantileSketch>, key: string): QuantileSketch | undefined {
  const known = sketches.get(key)
  if (known || sketches.size >= MAX_SKETCHES) return known
  const sketch = new QuantileSketch()
  sketches.set(key, sketch)
  return sketch
}

function copy(sketches: ReadonlyMap<string, QuantileSketch>): Map<string, SketchState> {
  return new Map([...sketches].map(([key, { state }]) => [key, copyOf(state)]))
}

function fill(sketches: Map<string, QuantileSketch>, states: ReadonlyMap<string, SketchState>): void {
  sketches.clear()
  for (const [key, state] of states) sketches.set(key, new QuantileSketch(copyOf(state)))
}

function copyOf(state: SketchState): SketchState {
  return { ...state, sample: [...state.sample], borders: [...state.borders] }
}
