import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import { isOwnerGone, processOwner } from './process-owner.ts'

describe('the owner of a claim', () => {
  it('is this process, which is there', () => {
    expect(isOwnerGone(processOwner())).toBe(false)
    expect(processOwner()).toBe(processOwner())
  })

  it('is gone when its process has ended', async () => {
    const child = spawn(process.execPath, ['--eval', ''])
    await once(child, 'exit')
    expect(isOwnerGone(JSON.stringify([hostname(), child.pid, '1']))).toBe(true)
  })

  it('is gone when another process has its number', () => {
    expect(isOwnerGone(JSON.stringify([hostname(), process.pid, '1']))).toBe(process.platform === 'linux')
  })

  it.each([
    ['of another host', JSON.stringify(['elsewhere', 2 ** 22 + 1, '1'])],
    ['without a start time', JSON.stringify([hostname(), process.pid, null])],
    ['that may not be looked into', JSON.stringify([hostname(), 1, null])],
    ['that cannot be read', 'nonsense'],
    ['of another form', '{"pid":1}'],
    ['without a number', JSON.stringify([hostname(), 'x', '1'])],
  ])('%s counts as there: a claim is never given up while its tool may run', (_, owner) => {
    expect(isOwnerGone(owner)).toBe(false)
  })
})
