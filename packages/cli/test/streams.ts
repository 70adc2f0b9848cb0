import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** A folder for one test file's data, and how it is removed. */
export function makeFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'bighub-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Lines of a small decision stream in which gift cards go wrong, and every twentieth decision has no outcome. */
export function streamLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const method = i % 3 === 0 ? 'gift_card' : 'original'
    const bad = i % 20 === 19 ? null : Number(method === 'gift_card' && i % 2 === 0)
    return JSON.stringify({
      stream: 'refunds',
      i,
      actor: 'support-agent',
      domain: 'customer_transactions',
      action: 'refund_order',
      target: `A-${i % 17}`,
      value: 20 + (i % 30),
      mutating: true,
      arguments: { method },
      bad,
      outcome_delay: i % 4,
    })
  })
}

/** Writes lines as a file, gzipped if it is named so, and returns its name. */
export function writeLines(folder: string, name: string, lines: readonly string[]): string {
  const text = lines.map((line) => `${line}\n`).join('')
  writeFileSync(join(folder, name), name.endsWith('.gz') ? gzipSync(text) : text)
  return name
}
