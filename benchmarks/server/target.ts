// `node benchmarks/server/target.ts <kind> <where> <size>`: one server to be measured, in a process of its own. Prints its address
// and key as JSON and serves until SIGTERM.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startServer } from '@bighub/server'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import type { Listening } from './target-kinds.ts'

const [, , kind = '', where = '', size = '0'] = process.argv
const { url, key, close } = kind === 'bare' ? await startBare(Number(size)) : await startReal(kind, where)
console.log(JSON.stringify({ url, key } satisfies Listening))
process.once('SIGTERM', () => void close().then(() => process.exit(0)))

/** @param where - Folder of the SQLite file, or the address of the database. */
async function startReal(kind: string, where: string) {
  const store =
    kind === 'postgres'
      ? { databaseUrl: where }
      : { dataDir: where, durability: kind === 'power' ? ('power' as const) : ('process' as const) }
  const server = await startServer({ ...store, port: 0, rateLimit: 'off' })
  return { url: server.url, key: server.adminKey ?? '', close: () => server.close() }
}

/** Reads and parses the body, and answers the same text each time. */
async function startBare(length: number) {
  const text = JSON.stringify({ text: 'x'.repeat(Math.max(0, length - 11)) })
  const app = new Hono()
  app.post('/actions/evaluate', async (context) => {
    await context.req.json()
    return context.body(text, 200, { 'content-type': 'application/json' })
  })
  const listener = getRequestListener(app.fetch)
  const http = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      http.close(() => resolve())
      http.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, key: 'none', close }
}
