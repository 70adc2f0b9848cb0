import { type ChangedField, canonicalJson } from '@bighub/core/protocol'

/** Fields in which two states of a thing differ, in the order of their names; null where one has none. */
export function changedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  ignored: readonly string[] = [],
): ChangedField[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return fields
    .filter((field) => !ignored.includes(field))
    .map((field) => ({ field, before: readOwn(before, field), after: readOwn(after, field) }))
    .filter((each) => canonicalJson(each.before) !== canonicalJson(each.after))
}

function readOwn(record: Readonly<Record<string, unknown>>, field: string): unknown {
  return Object.hasOwn(record, field) ? (record[field] ?? null) : null
}
