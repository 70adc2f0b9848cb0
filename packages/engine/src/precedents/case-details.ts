/** Bytes of an id in place: its length, then its characters. */
const ID = 32
/** A length that says that the id stands elsewhere: it is longer, or not of Latin characters. */
const ELSEWHERE = 255
const FIRST_CASES = 64

/** What is shown of a case and not compared, by slot. */
export class CaseDetails {
  #ids = Buffer.alloc(FIRST_CASES * ID)
  readonly #longIds = new Map<number, string>()
  #values = new Float64Array(FIRST_CASES)
  #times = new Float64Array(FIRST_CASES)
  #statuses = new Uint8Array(FIRST_CASES)
  readonly #statusNames: string[] = []

  get bytes(): number {
    return this.#ids.byteLength + this.#values.byteLength + this.#times.byteLength + this.#statuses.byteLength
  }

  set(slot: number, details: { readonly id: string; readonly value: number | null; readonly at: number }): void {
    this.#grow(slot + 1)
    this.#setId(slot, details.id)
    this.#values[slot] = details.value ?? Number.NaN
    this.#times[slot] = details.at
  }

  setStatus(slot: number, status: string): void {
    let index = this.#statusNames.indexOf(status)
    if (index < 0) index = this.#statusNames.push(status) - 1
    this.#statuses[slot] = index
  }

  idOf(slot: number): string {
    const at = slot * ID
    const length = this.#ids[at] ?? 0
    if (length === ELSEWHERE) return this.#longIds.get(slot) ?? ''
    return this.#ids.toString('latin1', at + 1, at + 1 + length)
  }

  valueOf(slot: number): number | null {
    const value = this.#values[slot] ?? Number.NaN
    return Number.isNaN(value) ? null : value
  }

  /** Milliseconds since the epoch. */
  timeOf(slot: number): number {
    return this.#times[slot] ?? 0
  }

  statusOf(slot: number): string {
    return this.#statusNames[this.#statuses[slot] ?? 0] ?? ''
  }

  /** @param count - Slots that were ever set. */
  snapshot(count: number): unknown {
    return {
      ids: new Uint8Array(this.#ids.subarray(0, count * ID)),
      longIds: new Map(this.#longIds),
      values: this.#values.slice(0, count),
      times: this.#times.slice(0, count),
      statuses: this.#statuses.slice(0, count),
      statusNames: [...this.#statusNames],
    }
  }

  restore(snapshot: unknown): void {
    const { ids, longIds, values, times, statuses, statusNames } = snapshot as DetailsSnapshot
    this.#ids = Buffer.from(ids)
    this.#values = values.slice()
    this.#times = times.slice()
    this.#statuses = statuses.slice()
    this.#longIds.clear()
    for (const [slot, id] of longIds) this.#longIds.set(slot, id)
    this.#statusNames.splice(0, this.#statusNames.length, ...statusNames)
  }

  #setId(slot: number, id: string): void {
    const at = slot * ID
    this.#longIds.delete(slot)
    // What stood here before must not tell two equal states apart.
    this.#ids.fill(0, at, at + ID)
    if (id.length < ID && isLatin(id)) {
      this.#ids[at] = id.length
      this.#ids.write(id, at + 1, 'latin1')
    } else {
      this.#ids[at] = ELSEWHERE
      this.#longIds.set(slot, id)
    }
  }

  #grow(count: number): void {
    if (count <= this.#values.length) return
    const most = 2 * count
    const [ids, values, times, statuses] = [
      Buffer.alloc(most * ID),
      new Float64Array(most),
      new Float64Array(most),
      new Uint8Array(most),
    ]
    ids.set(this.#ids)
    values.set(this.#values)
    times.set(this.#times)
    statuses.set(this.#statuses)
    this.#ids = ids
    this.#values = values
    this.#times = times
    this.#statuses = statuses
  }
}

/** Whether each character takes one byte. */
function isLatin(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return false
  return true
}

interface DetailsSnapshot {
  readonly ids: Uint8Array
  readonly longIds: ReadonlyMap<number, string>
  readonly values: Float64Array
  readonly times: Float64Array
  readonly statuses: Uint8Array
  readonly statusNames: readonly string[]
}
