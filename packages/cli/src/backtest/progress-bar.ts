const WIDTH = 24
/** Least time between two drawings, in milliseconds. */
const REFRESH_MS = 80

/** A bar on standard error while a file is read; nothing at all where that is no terminal. */
export class ProgressBar {
  readonly #title: string
  readonly #total: number
  #drawnAt = 0
  #isShown = false

  constructor(title: string, total: number) {
    this.#title = title
    this.#total = total
  }

  update(done: number, text: string): void {
    const now = performance.now()
    if (!process.stderr.isTTY || now - this.#drawnAt < REFRESH_MS) return
    this.#drawnAt = now
    this.#isShown = true
    const share = this.#total === 0 ? 1 : Math.min(1, done / this.#total)
    const filled = Math.round(share * WIDTH)
    process.stderr.write(`\r\x1b[K${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${this.#title} · ${text}`)
  }

  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K')
    this.#isShown = false
  }
}
