import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, it, onTestFinished } from 'vitest'
import { DashboardFiles } from '../src/dashboard/dashboard-files.ts'
import { openServer } from './support/test-server.ts'

const PAGE = '<!doctype html><script type="module" src="/assets/index-abc.js"></script>'

function builtFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bighub-assets-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), PAGE)
  writeFileSync(join(folder, 'assets', 'index-abc.js'), 'let a')
  writeFileSync(join(folder, 'assets', 'secret.key'), 'secret')
  return folder
}

it('serves the page under a policy that lets in nothing from elsewhere and nothing inline', async () => {
  const files = new DashboardFiles(builtFolder())
  const { body, headers = {} } = files.page(new Request('http://localhost/'))
  expect(Buffer.from(body).toString()).toBe(PAGE)
  expect(headers['content-type']).toBe('text/html; charset=utf-8')
  const policy = headers['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
})

it('serves what the page loads for good, zipped where the browser can', () => {
  const files = new DashboardFiles(builtFolder())
  const request = new Request('http://localhost/', { headers: { 'accept-encoding': 'gzip, br' } })
  const { body, headers } = files.asset('index-abc.js', request) ?? {}
  expect(gunzipSync(body ?? '').toString()).toBe('let a')
  expect(headers).toMatchObject({
    'content-type': 'text/javascript; charset=utf-8',
    'content-encoding': 'gzip',
    'cache-control': 'public, max-age=31536000, immutable',
  })
})

it('serves nothing but files of a kind that the page has', () => {
  const files = new DashboardFiles(builtFolder())
  const request = new Request('http://localhost/')
  for (const name of ['secret.key', '../index.html', '..%2Findex.html', 'constructor'])
    expect(files.asset(name, request)).toBeNull()
})

it('says what to do where the page is not built, and serves the API all the same', () => {
  const files = new DashboardFiles(join(tmpdir(), 'bighub-no-such-folder'))
  expect(String(files.page(new Request('http://localhost/')).body)).toContain('npm run dashboard')
})

it('needs no key for the page', async () => {
  const served = await openServer()
  const { status, headers } = await served.ask('/', { key: null })
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect((await served.ask('/assets/nothing.js', { key: null })).status).toBe(404)
})
