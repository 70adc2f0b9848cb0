import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Counts, countOf, ROOT } from './steps.ts'

/** Bytes that a first visit may load, gzipped. Raised on purpose only, in the commit that needs it. */
const MOST_BYTES = 250_000

/** Adds up what the built dashboard's page loads, as the server sends it. */
export async function checkDashboardSize(): Promise<Counts> {
  const folder = join(ROOT, 'packages', 'server', 'assets')
  const files = ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => join('assets', name))]
  const sizes = files.map((name) => ({ name, bytes: gzipSync(readFileSync(join(folder, name))).byteLength }))
  for (const { name, bytes } of sizes) console.log(`${(bytes / 1000).toFixed(1).padStart(7)} kB gzip  ${name}`)
  return countOf(sizes.reduce((sum, { bytes }) => sum + bytes, 0) <= MOST_BYTES)
}
