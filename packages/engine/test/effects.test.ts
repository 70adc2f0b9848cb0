import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGuard } from '@bighub/core'
import { describe, expect, it } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

const claimed = async (engine: Engine, key = 'key-1'): Promise<string> => {
  const answer = await engine.evaluate({
    action: 'refund',
    context: { call: { effect_key: key, arguments_digest: 'd' } },
  })
  return answer.effect?.effect_id ?? ''
}

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))

function nodeArguments(script: string, args: readonly string[]): string[] {
  const engine = new URL('../src/index.ts', import.meta.url).href
  const code = `import { createEngine } from '${engine}'\n${script}`
  return ['--conditions=bighub-source', '--input-type=module', '--eval', code, ...args]
}

/** Runs a script against the engine's sources in a process of its own, to its end. */
function runInProcess(script: string, ...args: string[]): { stdout: string; signal: string | null } {
  const { stdout, stderr, status, signal } = spawnSync(process.execPath, nodeArguments(script, args), {
    encoding: 'utf8',
    cwd: PACKAGE,
  })
  if (status !== 0 && signal === null) throw new Error(stderr)
  return { stdout, signal }
}

/** What a script prints that runs against the engine's sources in a process of its own, beside this one. */
async function outputOf(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, nodeArguments(script, args), { cwd: PACKAGE })
  return stdout
}

describe('an effect', () => {
  it.each(['succeeded', 'failed', 'aborted', 'not_run'] as const)(
    'that was claimed is settled once: %s',
    async (state) => {
      const engine = openEngine()
      const id = await claimed(engine)
      expect(await engine.openEffects()).toMatchObject([{ effect_key: 'key-1', state: 'claimed' }])
      const first = await engine.settleEffect(id, { state, summary: 'what came of it' })
      expect(first).toMatchObject({ effect_id: id, state, summary: 'what came of it', effect_key: 'key-1' })
      expect(await engine.settleEffect(id, { state: 'failed', summary: 'something else' })).toEqual(first)
      expect(await engine.openEffects()).toEqual([])
      expect(await engine.statistics()).toMatchObject({ records: 2 })
    },
  )

  it('says what came of it to whoever claims again', async () => {
    const engine = openEngine()
    const id = await claimed(engine)
    const request = { effect_key: 'key-1', request_id: id.replace('eff_', 'act_'), arguments_digest: 'd' }
    expect(await engine.claimEffect(request)).toEqual({ effect_id: id, claimed: false, state: 'claimed' })
    await engine.settleEffect(id, { state: 'succeeded' })
    expect(await engine.claimEffect(request)).toEqual({ effect_id: id, claimed: false, state: 'succeeded' })
    const { request_id } = await engine.evaluate({ action: 'other' })
    expect(await engine.claimEffect({ ...request, request_id })).toEqual({
      effect_id: id,
      claimed: false,
      state: 'succeeded',
    })
  })

  it('of a decision is one, whatever its key', async () => {
    const engine = openEngine()
    const { request_id } = await engine.evaluate({ action: 'refund' })
    expect(await engine.claimEffect({ effect_key: 'a', request_id, arguments_digest: 'd' })).toMatchObject({
      claimed: true,
    })
    expect(await engine.claimEffect({ effect_key: 'b', request_id, arguments_digest: 'd' })).toMatchObject({
      claimed: false,
    })
  })

  it('is claimed with the evaluation unless that blocks, holds or is a dry run', async () => {
    const engine = openEngine()
    await engine.constraints.create({ require_approval_above: 10, max_value: 100 })
    const effectOf = async (value: number, over: object = {}, call: object = {}) =>
      (
        await engine.evaluate({
          action: 'refund',
          value,
          ...over,
          context: { call: { effect_key: `key ${value}`, arguments_digest: 'd', ...call } },
        })
      ).effect
    expect(await effectOf(5, { dry_run: true })).toBeUndefined()
    expect(await effectOf(5)).toMatchObject({ claimed: true })
    expect(await effectOf(50)).toBeUndefined()
    expect(await effectOf(500)).toBeUndefined()
    expect(await effectOf(501, {}, { shadow: true })).toMatchObject({ claimed: true })
    await engine.killSwitch.activate()
    expect(await effectOf(502, {}, { shadow: true })).toBeUndefined()
  })

  it('is not found where there is none, and bad input is named', async () => {
    const engine = openEngine()
    await engine.evaluate({ action: 'refund' })
    await expect(engine.settleEffect('eff_nobody', { state: 'failed' })).rejects.toMatchObject({
      code: 'effect_not_found',
    })
    await expect(
      engine.claimEffect({ effect_key: 'k', request_id: 'act_nobody', arguments_digest: 'd' }),
    ).rejects.toMatchObject({ code: 'decision_not_found' })
    await expect(engine.settleEffect('eff_x', { state: 'unknown' } as never)).rejects.toMatchObject({ field: 'state' })
  })

  it('is not what another runtime told of a decision, which is kept under a key too', async () => {
    const engine = openEngine()
    const { request_id } = await engine.evaluate({ action: 'refund' })
    await engine.ingest.event({ event_type: 'ACTION_EXECUTED', event_id: 'event-1', request_id })
    const { lifecycle_id } = await engine.ingest.event({
      event_type: 'ACTION_EXECUTED',
      event_id: 'event-2',
      external_ref: 'order-1',
    })
    for (const id of [request_id.replace('act_', 'eff_'), lifecycle_id])
      await expect(engine.settleEffect(id, { state: 'failed' })).rejects.toMatchObject({ code: 'effect_not_found' })
  })

  it.each(['\u0000', '\ud800 half', 'ключ 🔑', '__proto__', 'x'.repeat(100_000)])(
    'may have the key %j',
    async (key) => {
      const engine = openEngine()
      await claimed(engine, key)
      await claimed(engine, key)
      expect(await engine.statistics()).toMatchObject({ decisions: 1 })
      expect(await engine.verifyLog()).toMatchObject({ valid: true })
    },
  )
})

describe('two processes on one file', { timeout: 30_000 }, () => {
  it('let one of them run a call, and see each other’s records', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    const mine = await engine.evaluate({
      action: 'refund',
      context: { call: { effect_key: 'shared', arguments_digest: 'd' } },
    })
    const { stdout } = runInProcess(
      `const engine = createEngine({ file: process.argv[1] })
       const call = (key) => ({ action: 'refund', context: { call: { effect_key: key, arguments_digest: 'd' } } })
       const { effect, request_id } = await engine.evaluate(call('shared'))
       const own = await engine.evaluate(call('own'))
       await engine.settleEffect(own.effect.effect_id, { state: 'succeeded' })
       await engine.reportOutcome({ request_id: own.request_id, status: 'FRAUD' })
       await engine.close()
       console.log(JSON.stringify({ claimed: effect.claimed, request_id, own: own.request_id }))`,
      file,
    )
    const theirs = JSON.parse(stdout) as { claimed: boolean; request_id: string; own: string }
    expect(theirs).toMatchObject({ claimed: false, request_id: mine.request_id })
    expect(await engine.calibration.report()).toMatchObject({ sample_size: 1 })
    expect(await engine.recordsOf(theirs.own)).toHaveLength(3)
    await engine.evaluate({ action: 'refund' })
    expect(await engine.verifyLog()).toMatchObject({ valid: true, records: 5 })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('at the same time write one chain and run each call once', async () => {
    const file = temporaryFile()
    const script = `const engine = createEngine({ file: process.argv[1] })
      const calls = Array.from({ length: 60 }, (_, n) => ({
        action: 'get_order', value: n, context: { call: { effect_key: 'key ' + n, arguments_digest: 'd' } },
      }))
      let claimed = 0
      for (const call of calls) if ((await engine.evaluate(call)).effect.claimed) claimed++
      await engine.close()
      console.log(claimed)`
    const counts = await Promise.all([1, 2, 3].map(async () => Number(await outputOf(script, file))))
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(60)
    const engine = openEngine({ file })
    expect(await engine.statistics()).toMatchObject({ decisions: 60 })
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('show the call of a process that was killed as unknown, and lose nothing that it was answered', async () => {
    const file = temporaryFile()
    const { signal } = runInProcess(
      `const engine = createEngine({ file: process.argv[1] })
       await engine.evaluate({ action: 'refund', context: { call: { effect_key: 'lost', arguments_digest: 'd' } } })
       process.kill(process.pid, 'SIGKILL')`,
      file,
    )
    expect(signal).toBe('SIGKILL')
    const engine = openEngine({ file })
    const again = await engine.evaluate({
      action: 'refund',
      context: { call: { effect_key: 'lost', arguments_digest: 'd' } },
    })
    expect(again.effect).toMatchObject({ claimed: false, state: 'unknown' })
    expect(await engine.openEffects({ state: 'unknown' })).toMatchObject([{ effect_key: 'lost' }])
    expect(await engine.openEffects({ state: 'claimed' })).toEqual([])
    expect(await engine.verifyLog()).toMatchObject({ valid: true })
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })
})

describe('a claim that nobody settles', { timeout: 30_000 }, () => {
  const claim = { action: 'refund', context: { call: { effect_key: 'key-1', arguments_digest: 'd' } } }

  it('is noticed by an engine that was open all the while when its process dies', async () => {
    const file = temporaryFile()
    const engine = openEngine({ file })
    await engine.statistics()
    runInProcess(
      `const engine = createEngine({ file: process.argv[1] })
       await engine.evaluate({ action: 'refund', context: { call: { effect_key: 'key-1', arguments_digest: 'd' } } })
       process.kill(process.pid, 'SIGKILL')`,
      file,
    )
    expect((await engine.evaluate(claim)).effect).toMatchObject({ claimed: false, state: 'unknown' })
    expect(await engine.effects.list({ state: 'unknown' })).toMatchObject({ total: 1 })
  })

  it('is unknown after the time of the policy, until whoever claimed it says', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now, policy: { unknown_after_seconds: 60 } })
    const id = await claimed(engine)
    clock.advance(59_999)
    expect(await engine.openEffects()).toMatchObject([{ state: 'claimed' }])
    clock.advance(1)
    expect(await engine.openEffects()).toMatchObject([{ state: 'unknown' }])
    expect(await engine.settleEffect(id, { state: 'succeeded' })).toMatchObject({ state: 'succeeded' })
    expect(await engine.openEffects()).toEqual([])
    expect(await engine.verifyState()).toMatchObject({ equal: true })
  })

  it('keeps what a person said of it, whoever settles it later', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now, policy: { unknown_after_seconds: 60 } })
    const id = await claimed(engine)
    clock.advance(60_000)
    await engine.openEffects()
    await engine.effects.resolve(id, { state: 'not_run' }, { by: 'ann' })
    expect(await engine.settleEffect(id, { state: 'succeeded' })).toMatchObject({ state: 'not_run' })
  })
})

describe('guard.reconcile', () => {
  it('asks the tools about what nobody knows, records what they say as effect and outcome, and presumes nothing', async () => {
    const clock = new TestClock()
    const engine = openEngine({ now: clock.now, policy: { unknown_after_seconds: 60 } })
    const tools = ['refund', 'mail', 'wipe', 'export', 'count']
    for (const tool of tools)
      await engine.evaluate({ action: tool, context: { call: { tool, effect_key: tool, arguments_digest: 'd' } } })
    clock.advance(60_000)
    const guard = createGuard({ evaluator: engine })
    const asked: string[] = []
    const { resolved, open } = await guard.reconcile({
      refund: {
        reconcile: async (effect) => {
          asked.push(effect.effect_key)
          return 'succeeded'
        },
      },
      mail: { reconcile: async () => 'not_run' },
      wipe: { reconcile: async () => 'unknown' },
      export: {
        reconcile: async () => {
          throw new Error('the archive is down')
        },
      },
    })
    expect(asked).toEqual(['refund'])
    expect(resolved.map(({ tool, state }) => `${tool}: ${state}`).toSorted()).toEqual([
      'mail: not_run',
      'refund: succeeded',
    ])
    expect(open.map(({ effect, reason }) => `${effect.tool}: ${reason}`).toSorted()).toEqual([
      'count: the tool "count" has no reconcile function',
      expect.stringMatching(/^export: .*the archive is down/),
      'wipe: the tool "wipe" does not know',
    ])
    const refund = resolved.find(({ tool }) => tool === 'refund')
    expect(await engine.outcomes.get(refund?.request_id ?? '')).toMatchObject({ status: 'SUCCESS' })
    await guard.close()
  })

  it('needs an evaluator that keeps a list', async () => {
    const { evaluate, reportOutcome } = openEngine()
    const guard = createGuard({ evaluator: { evaluate, reportOutcome } })
    await expect(guard.reconcile({})).rejects.toMatchObject({ option: 'evaluator' })
  })
})
