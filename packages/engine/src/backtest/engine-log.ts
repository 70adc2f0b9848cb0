import { type EvaluateRequest, InvalidInputError } from '@bighub/core/protocol'
import * as z from 'zod'
import type { OutcomeKept } from '../engine-state.ts'
import { normaliseRequest } from '../evaluate/normalise-request.ts'
import { RECORD_TYPES } from '../storage/storage.ts'
import type { BacktestEvent } from './backtest.ts'

/** First line of an engine's export. */
export const logHeaderSchema = z.looseObject({ format: z.literal('bighub-log'), version: z.literal(1) })

const recordSchema = z.looseObject({
  seq: z.int().min(1),
  type: z.enum(RECORD_TYPES),
  at: z.number(),
  subject: z.string(),
  kept: z.record(z.string(), z.unknown()),
  payload: z.record(z.string(), z.unknown()).nullable(),
})
export type ExportedRecord = z.infer<typeof recordSchema>

/** Reads one line of an export. @throws InvalidInputError naming the field. */
export function parseExportedRecord(value: unknown): ExportedRecord {
  const parsed = recordSchema.safeParse(value)
  if (!parsed.success) throw InvalidInputError.fromZod('a record', parsed.error)
  return parsed.data
}

/**
 * An engine's own record as something that happened: decisions are judged anew, outcomes are learned when they were reported,
 * everything else is folded as it stands. A decision is scored by its latest outcome.
 *
 * @throws InvalidInputError if the request was erased, so that it cannot be judged anew.
 */
export function toBacktestEvent(record: ExportedRecord): BacktestEvent {
  if (record.type === 'evaluation') {
    const request = record.payload?.['request'] as EvaluateRequest | undefined
    if (!request)
      throw new InvalidInputError('payload', `of decision ${record.subject} was erased; it cannot be judged anew`)
    return {
      type: 'decision',
      key: record.subject,
      at: record.at,
      request: normaliseRequest(request),
      label: null,
    }
  }
  if (record.type === 'outcome')
    return {
      type: 'outcome',
      key: record.subject,
      at: record.at,
      outcome: record.kept as unknown as OutcomeKept,
      isScored: true,
      record,
    }
  return { type: 'record', record }
}
