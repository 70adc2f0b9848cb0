import type { JsonRecord, LogRecord } from './storage.ts'

/** A record as a store holds it: its data as JSON text. */
export interface StoredRecord extends Omit<LogRecord, 'kept' | 'payload'> {
  readonly keptText: string
  readonly payloadText: string | null
}

/** A record whose data are read when somebody looks at them: most readers look at one part of a few. */
export function lazyRecord({ keptText, payloadText, ...fields }: StoredRecord): LogRecord {
  let kept: JsonRecord | undefined
  let payload: JsonRecord | null | undefined
  return {
    ...fields,
    get kept() {
      kept ??= JSON.parse(keptText) as JsonRecord
      return kept
    },
    get payload() {
      if (payload === undefined) payload = payloadText === null ? null : (JSON.parse(payloadText) as JsonRecord)
      return payload
    },
  }
}
