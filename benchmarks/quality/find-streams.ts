import { existsSync, readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { ROOT } from '../machine.ts'

/**
 * The decision streams (.jsonl, .jsonl.gz) of a folder: the one named, else that of BIGHUB_STREAMS, else the one beside the project.
 * Ends the process with what is wrong where there is none.
 *
 * @param wanted - Names of streams; none means all.
 */
export function findStreams(asked: string | undefined, wanted: readonly string[]): string[] {
  const folder = findFolder(asked)
  const all = readdirSync(folder)
    .filter((name) => /\.jsonl(\.gz)?$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
  const found = wanted.length === 0 ? all : all.filter((file) => wanted.includes(streamNameOf(file)))
  const unknown = wanted.filter((name) => !all.some((file) => streamNameOf(file) === name))
  if (unknown.length > 0) fail(`${folder} holds no stream ${unknown.join(', ')}`)
  if (found.length === 0) fail(`${folder} holds no .jsonl or .jsonl.gz file`)
  return found
}

/** A stream is called as its file, without the endings. */
export function streamNameOf(file: string): string {
  return basename(file).replace(/\.jsonl(\.gz)?$/, '')
}

function findFolder(named: string | undefined): string {
  const asked = named ?? process.env['BIGHUB_STREAMS']
  const path =
    asked === undefined ? resolve(ROOT, '../shared/data/decisions') : resolve(process.env['INIT_CWD'] ?? '.', asked)
  if (!existsSync(path))
    fail(`${path} is not there; name a folder of decision streams (.jsonl, .jsonl.gz), or set BIGHUB_STREAMS`)
  return path
}

function fail(message: string): never {
  console.error(`bench:quality: ${message}`)
  process.exit(1)
}
