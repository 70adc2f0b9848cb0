import type { ComponentChildren } from 'preact'
import type { DefinitionName } from '../words/definitions.ts'
import { Term } from './term.tsx'

export interface FigureProps {
  readonly is: DefinitionName
  readonly name: string
  readonly value: ComponentChildren
  /** What it was, or what it rests on. */
  readonly note?: ComponentChildren
}

/** One figure, large, with its definition. */
export function Figure({ is, name, value, note }: FigureProps) {
  return (
    <div class="figure">
      <Term is={is}>{name}</Term>
      <strong>{value}</strong>
      {note && <span class="quiet">{note}</span>}
    </div>
  )
}
