import { describe, expect, it } from 'vitest'
import { CallLog, toCurl } from './call-log.ts'

const CALL = { verb: 'GET', path: '/approvals?status=pending', body: null, status: 200, milliseconds: 3 }

describe('the calls behind a page', () => {
  it('are each there once, newest last, and no more than can be read', () => {
    const log = new CallLog()
    log.add(CALL)
    for (let index = 0; index < 20; index++) log.add({ ...CALL, path: `/decisions/${index}` })
    log.add({ ...CALL, path: '/decisions/15', milliseconds: 9 })
    expect(log.calls).toHaveLength(12)
    expect(log.calls.at(-1)).toMatchObject({ path: '/decisions/15', milliseconds: 9 })
    log.clear()
    expect(log.calls).toEqual([])
  })

  it('are commands that a shell takes as they are, with the key as a variable', () => {
    expect(toCurl(CALL, 'http://127.0.0.1:7171')).toBe(
      `curl 'http://127.0.0.1:7171/approvals?status=pending' \\\n  -H "X-API-Key: $BIGHUB_API_KEY"`,
    )
    const write = { ...CALL, verb: 'POST', path: '/rules', body: `{"name":"Ana's"}` }
    expect(toCurl(write, 'http://h')).toContain(String.raw`-d '{"name":"Ana'\''s"}'`)
    expect(toCurl(write, 'http://h')).toContain('-X POST')
  })
})
