import { canonicalJson, type ValidationVerify } from '@bighub/core/protocol'
import { decisionIdFrom } from '../decisions/decision-ids.ts'
import type { EngineCore } from '../engine-core.ts'
import type { EvaluationKept, ValidatedKept } from '../engine-state.ts'
import { DECISION_TYPES } from '../projections/decision-row.ts'
import { GENESIS_HASH, hashRecord, sha256 } from '../storage/chain.ts'

/** Whether a recorded decision is still what was answered: its hash is worked out again from what stands in the log. */
export async function verifyValidation(core: EngineCore, validationId: string): Promise<ValidationVerify> {
  await core.state()
  const records = await core.storage.readSubject(decisionIdFrom(validationId))
  const record = records.find(({ type }) => DECISION_TYPES.includes(type) || type === 'rules_validated')
  if (!record)
    return {
      valid: false,
      validation_id: validationId,
      validation_hash: null,
      computed_hash: null,
      validated_at: null,
      allowed: null,
      result: null,
      message: 'no decision of this organisation has that id',
    }
  const before = record.seq === 1 ? null : (await core.storage.readAfter(record.seq - 2, 1))[0]
  const previous = record.seq === 1 ? GENESIS_HASH : (before?.hash ?? '')
  const computed = hashRecord(core.organisation, previous, record, canonicalJson(record.kept))
  const isPayloadIntact = record.payload === null || sha256(canonicalJson(record.payload)) === record.payloadDigest
  const { result } = record.kept as unknown as EvaluationKept | ValidatedKept
  const isValid = computed === record.hash && isPayloadIntact
  return {
    valid: isValid,
    validation_id: validationId,
    validation_hash: record.hash,
    computed_hash: computed,
    validated_at: new Date(record.at).toISOString(),
    allowed: result === 'allowed',
    result,
    message: isValid
      ? record.payload === null
        ? 'the record is intact; its words were erased'
        : 'the record is intact'
      : 'the record was changed after it was written',
  }
}
