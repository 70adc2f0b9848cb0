import { describe, expect, it } from 'vitest'
import { createPartRelay } from './part-relay.ts'

async function* count(log: string[]) {
  for (const part of ['one', 'two', 'three']) {
    log.push(`made ${part}`)
    yield part
  }
  return 'counted'
}

describe('createPartRelay', () => {
  it('makes the next part only when the one before was read', async () => {
    const relay = createPartRelay()
    const log: string[] = []
    const reader = relay.read(relay.pump(count(log)))
    let step = await reader.next()
    for (; !step.done; step = await reader.next()) log.push(`read ${String(step.value)}`)
    expect(step.value).toBe('counted')
    expect(log).toEqual(['made one', 'read one', 'made two', 'read two', 'made three', 'read three'])
  })

  it('lets the tool come to its end when the reader stops early', async () => {
    const relay = createPartRelay()
    const log: string[] = []
    const running = relay.pump(count(log))
    for await (const part of relay.read(running)) if (part === 'one') break
    expect(await running).toBe('counted')
    expect(log).toEqual(['made one', 'made two', 'made three'])
  })

  it('hands on what the tool throws', async () => {
    const relay = createPartRelay()
    const broken = (async function* () {
      yield 1
      throw new Error('boom')
    })()
    const reader = relay.read(relay.pump(broken))
    expect(await reader.next()).toEqual({ done: false, value: 1 })
    await expect(reader.next()).rejects.toThrow('boom')
  })
})
