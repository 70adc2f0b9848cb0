import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** Longest line that is read, in characters: a decision is never longer. */
const MAX_LINE = 64 * 1024 * 1024

export interface Line {
  /** 1 for the first. */
  readonly number: number
  readonly text: string
}

/** A file that ends in the middle: the lines before are sound. */
export class TruncatedFileError extends Error {
  /** Number of the line that is cut off. */
  readonly line: number

  constructor(line: number, cause: unknown) {
    super(`the file ends in the middle (${cause instanceof Error ? cause.message : String(cause)})`, { cause })
    this.name = 'TruncatedFileError'
    this.line = line
  }
}

/**
 * Lines of a text file or of a gzipped one, told apart by its first bytes, in constant memory. Empty lines are passed over.
 *
 * @param onBytes - Told how many bytes of the file were read so far.
 * @throws TruncatedFileError when compressed data break off; errors of the file system as they come.
 */
export async function* readLines(path: string, onBytes?: (bytes: number) => void): AsyncGenerator<Line, void, void> {
  // Looked at before the stream exists: one that nobody reads yet would lose what it hands out meanwhile.
  const isCompressed = await isGzip(path)
  const file = createReadStream(path, { highWaterMark: 256 * 1024 })
  const source: Readable = isCompressed ? file.pipe(createGunzip()) : file
  file.on('error', (error) => source.destroy(error))
  const decoder = new TextDecoder()
  let number = 0
  let rest = ''
  try {
    for await (const chunk of source) {
      onBytes?.(file.bytesRead)
      rest += decoder.decode(chunk as Uint8Array, { stream: true })
      let start = 0
      for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', start)) {
        number++
        const text = rest.slice(start, end)
        if (text.trim() !== '') yield { number, text }
        start = end + 1
      }
      rest = rest.slice(start)
      if (rest.length > MAX_LINE) throw new Error(`line ${number + 1} is longer than ${MAX_LINE} characters`)
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'Z_BUF_ERROR' || code === 'Z_DATA_ERROR') throw new TruncatedFileError(number + 1, error)
    throw error
  } finally {
    file.destroy()
    source.destroy()
  }
  if (rest.trim() !== '') yield { number: number + 1, text: rest }
}

async function isGzip(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await file.close()
  }
}
