/** Durations in microseconds; percentiles by rank, nothing smoothed. */
export class Samples {
  #values: Float64Array = new Float64Array(1024)
  #count = 0

  /** @param milliseconds - As `performance.now()` counts. */
  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = milliseconds * 1000
  }

  get count(): number {
    return this.#count
  }

  /** Those added after the first `count`. */
  since(count: number): Samples {
    const later = new Samples()
    later.#values = this.#values.slice(count, this.#count)
    later.#count = later.#values.length
    return later
  }

  /** @param share - In [0, 1): 0.5 is the median. */
  quantile(share: number): number {
    const sorted = this.#values.subarray(0, this.#count).toSorted()
    return sorted[Math.floor(share * this.#count)] ?? Number.NaN
  }

  figures(): Figures {
    return { n: this.#count, p50: tenth(this.quantile(0.5)), p99: tenth(this.quantile(0.99)) }
  }
}

/** In µs. */
export interface Figures {
  readonly n: number
  readonly p50: number
  readonly p99: number
}

export function tenth(value: number): number {
  return Math.round(value * 10) / 10
}
