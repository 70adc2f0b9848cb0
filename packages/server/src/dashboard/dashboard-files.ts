import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Answer } from '../http/answer.ts'

/** Where the built dashboard lies: beside `src` and `dist`, so that both find it by the same way. */
const FOLDER = fileURLToPath(new URL('../../assets/', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Only what this server serves, nothing inline, no frame around it, and no text that becomes code. Styles that scripts set one
 * property at a time (CSSOM) fall under no directive.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Names carry a digest of the content: what a name stands for never changes. */
const FOREVER = 'public, max-age=31536000, immutable'

interface DashboardFile {
  readonly type: string
  readonly plain: Uint8Array<ArrayBuffer>
  readonly zipped: Uint8Array<ArrayBuffer>
}

/** The dashboard's page and what it loads, read once when the server starts. Nothing of it is secret; it asks for a key itself. */
export class DashboardFiles {
  readonly #files: ReadonlyMap<string, DashboardFile>

  /** @param folder - What `vite build` wrote. @defaultValue the package's own */
  constructor(folder: string = FOLDER) {
    this.#files = existsSync(folder) ? readFiles(folder) : new Map()
  }

  /** The page itself. */
  page(request: Request): Answer<Uint8Array<ArrayBuffer>> | Answer {
    const file = this.#files.get('index.html')
    if (!file) return { status: 200, body: NOT_BUILT, headers: { 'content-type': TYPES['.html'] ?? '' } }
    return toAnswer(file, request, { 'content-security-policy': PAGE_POLICY, 'cache-control': 'no-cache' })
  }

  /** Something that the page loads; null if there is no such file. */
  asset(name: string, request: Request): Answer<Uint8Array<ArrayBuffer>> | null {
    const file = this.#files.get(`assets/${name}`)
    return file ? toAnswer(file, request, { 'cache-control': FOREVER }) : null
  }
}

function readFiles(folder: string): ReadonlyMap<string, DashboardFile> {
  const names = ['index.html', ...readdirSync(join(folder, 'assets')).map((name) => `assets/${name}`)]
  return new Map(
    names.flatMap((name): [string, DashboardFile][] => {
      const type = TYPES[extname(name)]
      if (type === undefined || !existsSync(join(folder, name))) return []
      const plain = readFileSync(join(folder, name))
      return [[name, { type, plain, zipped: gzipSync(plain) }]]
    }),
  )
}

function toAnswer(
  { type, plain, zipped }: DashboardFile,
  request: Request,
  headers: Readonly<Record<string, string>>,
): Answer<Uint8Array<ArrayBuffer>> {
  const isZipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '')
  const body = isZipped ? zipped : plain
  return {
    status: 200,
    body: request.method === 'HEAD' ? new Uint8Array() : body,
    headers: {
      'content-type': type,
      vary: 'accept-encoding',
      ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
      ...headers,
    },
  }
}

const NOT_BUILT = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>BIGHUB</title></head><body>
<h1>The dashboard is not built</h1><p>The API works. In the repository, <code>npm run dashboard</code> builds it.</p>
<p><a href="/docs">What the API offers</a></p></body></html>`
