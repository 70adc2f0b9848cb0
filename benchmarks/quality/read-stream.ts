import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { StreamLine } from './peer.ts'

/** All lines of a decision stream. @throws SyntaxError at a line that is no JSON. */
export function readStream(file: string): StreamLine[] {
  const bytes = readFileSync(file)
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString()
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as StreamLine)
}
