/** Reads a form's fields; what is empty counts as not given. */
export function textField(fields: FormData, name: string): string | null {
  const value = fields.get(name)
  const text = typeof value === 'string' ? value.trim() : ''
  return text === '' ? null : text
}

/** @throws Error naming the field, if it is not a number. */
export function numberField(fields: FormData, name: string): number | null {
  const text = textField(fields, name)
  if (text === null) return null
  const value = Number(text)
  if (!Number.isFinite(value)) throw new Error(`${name} needs to be a number`)
  return value
}

/** @throws Error naming the field, if it is not a JSON object. */
export function jsonField(fields: FormData, name: string): Record<string, unknown> | null {
  const text = textField(fields, name)
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Error(`${name} is not JSON, such as {"action": "refund", "value_gt": 100}`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${name} needs to be an object`)
  return { ...value }
}

/** The entries that have a value. */
export function given<T extends Readonly<Record<string, unknown>>>(entries: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value != null)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}

/** The fields of a form that was sent. */
export function fieldsOf(event: SubmitEvent): FormData {
  event.preventDefault()
  // The form is the target of its own event.
  return new FormData(event.target as HTMLFormElement)
}
