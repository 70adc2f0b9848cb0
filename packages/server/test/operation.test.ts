import { readFileSync } from 'node:fs'
import { listRoutes, listServiceRoutes } from '@bighub/core/protocol'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { JsonLogger, openApiDocument } from '../src/index.ts'
import { VERSION } from '../src/version.ts'
import { openServer } from './support/test-server.ts'

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const served = await openServer()
    const { json } = await served.ask<Record<string, unknown>>('/openapi.json', { key: null })
    const validator = new Validator()
    const result = await validator.validate(json)
    expect(result.errors).toBeUndefined()
    expect([result.valid, validator.version]).toEqual([true, '3.1'])
  })

  it('has every route with its path parameters, query, body and answer', () => {
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, Record<string, unknown>>> }
    const operations = Object.entries(paths).flatMap(([path, verbs]) =>
      Object.entries(verbs).map(([verb, operation]) => ({ name: `${verb.toUpperCase()} ${path}`, operation })),
    )
    expect(operations.map(({ name }) => name).toSorted()).toEqual(
      [...listRoutes(), ...listServiceRoutes()].map(({ route }) => `${route.verb} ${route.path}`).toSorted(),
    )
    for (const { name, route } of listRoutes()) {
      const operation = paths[route.path]?.[route.verb.toLowerCase()]
      const parameters = operation?.['parameters'] as { name: string; in: string }[]
      const queries = parameters.filter((each) => each.in === 'query').map((each) => each.name)
      expect([name, queries]).toEqual([name, Object.keys(route.query?.shape ?? {})])
      expect([name, operation?.['requestBody'] !== undefined]).toEqual([name, route.body !== undefined])
    }
  })

  it.each(listServiceRoutes().filter(({ route }) => route.verb === 'GET'))(
    'says of $name what the server does',
    async ({ route }) => {
      const served = await openServer()
      const { paths } = openApiDocument() as { paths: Record<string, { get: Record<string, Record<string, unknown>> }> }
      const { responses, security } = paths[route.path]?.get ?? {}
      const { 200: success, ...problems } = responses as Record<string, { content?: object }>
      // Without its body: a stream has no end to read to.
      const head = (headers: Record<string, string>) =>
        served.server.fetch(new Request(`http://localhost${route.path}`, { method: 'HEAD', headers }))
      const { status, headers } = await head({ 'x-api-key': served.key })
      expect([status, headers.get('content-type')?.split(';')[0]]).toEqual([
        200,
        ...Object.keys(success?.content ?? {}),
      ])
      const { status: without } = await head({})
      expect([without, security]).toEqual('401' in problems ? [401, undefined] : [200, []])
    },
  )

  it('has the version of the package', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(VERSION).toBe(manifest.version)
  })
})

describe('the page of the routes', () => {
  it('names every route and asks nothing of anybody else', async () => {
    const served = await openServer()
    const { text, headers } = await served.ask('/docs', { key: null })
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    for (const { route } of [...listRoutes(), ...listServiceRoutes()])
      expect(text).toContain(`<code>${route.path}</code>`)
    expect(text).not.toMatch(/<script|src=|https?:\/\//)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('health', () => {
  it('is there without a key, and readiness is that of the store', async () => {
    const served = await openServer()
    expect((await served.ask('/healthz', { key: null })).status).toBe(200)
    expect((await served.ask('/readyz', { key: null })).status).toBe(200)
    await served.host.close()
    expect((await served.ask('/healthz', { key: null })).status).toBe(200)
    const { status, json, headers } = await served.ask('/readyz', { key: null })
    expect([status, json.error.code, headers.get('retry-after')]).toEqual([503, 'not_ready', '1'])
    expect(json.error.message).toContain('storage_closed')
  })
})

describe('metrics', () => {
  it('count requests by route and evaluations by recommendation, and nothing that a client wrote', async () => {
    const served = await openServer()
    await served.ask('/actions/evaluate', { body: { action: 'read' } })
    await served.ask('/actions/evaluate', { body: { action: 'read', dry_run: true } })
    await served.ask('/actions/evaluate/batch', { body: { actions: [{ action: 'read' }, { action: 'read' }] } })
    await served.ask('/cases/secret-id')
    await served.ask('/secret-path', { method: 'SECRET-VERB' })
    const { text } = await served.ask('/metrics', { key: null })
    expect(text).toMatch(
      /http_request_duration_seconds_count\{verb="POST",route="\/actions\/evaluate",status="200"\} 2/,
    )
    expect(text).toContain('verb="GET",route="/cases/{case_id}",status="404"')
    const counts = [...text.matchAll(/^bighub_evaluations_total\{recommendation="\w+"\} (\d+)$/gm)]
    expect(counts.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(3)
    expect(text.toLowerCase()).not.toContain('secret')
  })
})

describe('the log', () => {
  it('has one line a request with its route, and no key, id, query or body', async () => {
    let text = ''
    const logger = new JsonLogger({ write: (lines) => (text += lines), now: () => 0 })
    const served = await openServer({ logger })
    await served.ask(`/api-keys/validate?api_key=${served.key}`)
    await served.ask('/actions/evaluate', { body: { action: 'secret-action' }, headers: { 'x-request-id': 'trace-1' } })
    await served.ask('/cases/secret-id')
    await served.ask('/webhooks/verify-signature', { body: { secret: 'whsec_secret' } })
    logger.flush()
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ route }) => route)).toEqual([
      '/api-keys/validate',
      '/actions/evaluate',
      '/cases/{case_id}',
      '/webhooks/verify-signature',
    ])
    expect(lines[1]).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      message: 'request',
      request_id: 'trace-1',
      verb: 'POST',
      route: '/actions/evaluate',
      organisation: 'default',
      by: expect.stringMatching(/^key:key_/),
      status: 200,
      ms: expect.any(Number),
    })
    expect(text).not.toMatch(/secret/)
    expect(text).not.toContain(served.key)
  })

  it('says under the same id why a request failed that should not have', async () => {
    let text = ''
    const logger = new JsonLogger({ level: 'error', write: (lines) => (text += lines) })
    const served = await openServer({ logger })
    await served.host.close()
    const { status, json } = await served.ask('/policy')
    logger.flush()
    expect(status).toBe(503)
    expect(text).toContain(json.request_id)
    expect(text).toContain('storage_closed')
  })

  it('leaves out what is less important than it was told', () => {
    let text = ''
    const logger = new JsonLogger({ level: 'warn', write: (lines) => (text += lines) })
    logger.log('info', 'small')
    logger.log('warn', 'large', { cause: new Error('why') })
    logger.flush()
    expect(text).not.toContain('small')
    expect(JSON.parse(text)).toMatchObject({ level: 'warn', message: 'large', cause: { message: 'why' } })
  })
})
