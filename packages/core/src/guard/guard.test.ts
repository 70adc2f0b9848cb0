import { describe, expect, it } from 'vitest'
import { createGuard } from '../node/index.ts'
import { ConfigurationError, type EvaluateResponse, type Evaluator, InvalidInputError } from '../protocol/index.ts'
import { createScriptedEvaluator, type ScriptedEvaluatorOptions } from '../testing/scripted-evaluator.ts'
import type { GuardOptions } from './guard-options.ts'
import type { GuardedCall } from './translate/guarded-call.ts'

function setUp(script: ScriptedEvaluatorOptions = {}, options: Partial<GuardOptions> = {}) {
  const evaluator = createScriptedEvaluator(script)
  const guard = createGuard({ evaluator, actor: 'support-agent', domain: 'refunds', ...options })
  let runs = 0
  const tool = (): string => {
    runs++
    return 'refunded'
  }
  return { evaluator, guard, tool, runs: () => runs }
}

const call = (over: Partial<GuardedCall> = {}): GuardedCall => ({
  tool: 'refund',
  arguments: { order: 'A-17', amount: 12.5 },
  callId: 'call_1',
  ...over,
})

describe('a guarded call', () => {
  it('is evaluated before the tool runs, and its success is reported', async () => {
    const { evaluator, guard } = setUp()
    const seen: number[] = []
    const result = await guard.run(call(), () => {
      seen.push(evaluator.requests.length)
      return 'refunded'
    })
    await guard.flush()
    expect(result).toEqual({ status: 'executed', value: 'refunded', note: null })
    expect(seen).toEqual([1])
    expect(evaluator.requests[0]).toMatchObject({
      action: 'refund',
      actor: 'support-agent',
      domain: 'refunds',
      value: 12.5,
      context: { call: { tool: 'refund', call_id: 'call_1', arguments: { order: 'A-17', amount: 12.5 } } },
    })
    expect(evaluator.outcomes).toMatchObject([{ status: 'SUCCESS', request_id: 'act_1', details: { tool: 'refund' } }])
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['succeeded'])
  })

  it('does not run when blocked, and says so without numbers or rules', async () => {
    const blocked: Partial<EvaluateResponse> = {
      recommendation: 'do_not_proceed',
      risk_score: 0.873,
      reason: 'max-refund: value 12.5 is above the limit of 10',
    }
    const { evaluator, guard, tool, runs } = setUp({ answers: { refund: blocked } })
    const result = await guard.run(call(), tool)
    await guard.flush()
    expect(runs()).toBe(0)
    expect(result).toMatchObject({ status: 'refused', refusal: { kind: 'blocked' } })
    const message = result.status === 'refused' ? result.refusal.message : ''
    expect(message).toContain('"refund" was not executed')
    expect(message).not.toMatch(/0\.87|87|max-refund|limit|12\.5/)
    expect(evaluator.outcomes).toMatchObject([{ status: 'BLOCKED', request_id: 'act_1' }])
  })

  it('shows the model the whole record only when asked to', async () => {
    const answers = { refund: { recommendation: 'do_not_proceed', risk_score: 0.873 } as const }
    const { guard, tool } = setUp({ answers }, { modelView: 'full' })
    const result = await guard.run(call(), tool)
    expect(result.status === 'refused' && result.refusal.message).toContain('0.873')
  })

  it('carries a note when it runs with caution', async () => {
    const { guard, tool } = setUp({ answers: { refund: 'proceed_with_caution' } })
    const result = await guard.run(call(), tool)
    expect(result).toMatchObject({ status: 'executed', value: 'refunded', note: expect.stringContaining('caution') })
  })

  it.each([
    ['an Error', new TypeError('boom')],
    ['a string', 'boom'],
    ['undefined', undefined],
  ])('throws on what the tool throws, untouched, and reports a failure once: %s', async (_, thrown) => {
    const { evaluator, guard } = setUp()
    await expect(
      guard.run(call(), () => {
        throw thrown
      }),
    ).rejects.toBe(thrown)
    await guard.flush()
    expect(evaluator.outcomes).toMatchObject([{ status: 'FAILURE', correction_needed: true }])
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['failed'])
  })

  it('counts an isError result as a failure and hands it back as it is', async () => {
    const { evaluator, guard } = setUp()
    const value = { isError: true, content: [{ type: 'text', text: 'no such order' }] }
    const result = await guard.run(call(), () => value)
    await guard.flush()
    expect(result.status === 'executed' && result.value).toBe(value)
    expect(evaluator.outcomes).toMatchObject([{ status: 'FAILURE' }])
  })

  it('lets a mapping of the user decide what a result means, and survives a mapping that throws', async () => {
    const { evaluator, guard } = setUp()
    await guard.run(
      call({ options: { outcome: () => ({ status: 'NO_EFFECT', details: { why: 'paid before' } }) } }),
      () => 1,
    )
    const broken = call({
      callId: 'call_2',
      options: {
        outcome: () => {
          throw new Error('mapping')
        },
      },
    })
    await guard.run(broken, () => 2)
    await guard.flush()
    expect(evaluator.outcomes).toMatchObject([
      { status: 'NO_EFFECT', details: { why: 'paid before' } },
      { status: 'SUCCESS' },
    ])
  })

  it('stays open where the mapping says that only time will tell, and its effect is settled all the same', async () => {
    const { evaluator, guard } = setUp()
    const open = { outcome: () => null }
    await guard.run(call({ options: open }), () => 'refunded')
    await guard.run(call({ callId: 'call_2', options: open }), () => ({ isError: true }))
    await guard.flush()
    expect(evaluator.outcomes).toEqual([])
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['succeeded', 'failed'])
  })

  it('is evaluated once and runs once, however often and however concurrently it is begun', async () => {
    const { evaluator, guard, tool, runs } = setUp()
    const results = await Promise.all([guard.run(call(), tool), guard.run(call(), tool), guard.begin(call())])
    await guard.run(call(), tool)
    expect(evaluator.requests).toHaveLength(1)
    expect(runs()).toBe(1)
    expect(results[1]).toEqual(results[0])
  })

  it('is evaluated anew when the same id comes with other arguments', async () => {
    const { evaluator, guard, tool, runs } = setUp()
    await guard.run(call(), tool)
    await guard.run(call({ arguments: { order: 'A-17', amount: 9000 } }), tool)
    expect(evaluator.requests).toHaveLength(2)
    expect(runs()).toBe(2)
  })

  it('does not run again when another process has claimed the same call', async () => {
    const evaluator = createScriptedEvaluator()
    const effect = { effect_id: 'eff_1', claimed: false, state: 'succeeded' }
    const { guard, tool, runs } = setUp({ answers: { refund: { recommendation: 'proceed', effect } } }, {})
    evaluator.evaluate = async () => ({ request_id: 'act_9', recommendation: 'proceed', effect }) as EvaluateResponse
    const second = createGuard({ evaluator })
    const result = await second.run(call(), tool)
    await second.flush()
    expect(result).toMatchObject({ status: 'refused', refusal: { kind: 'duplicate' } })
    expect(runs()).toBe(0)
    expect(evaluator.outcomes).toEqual([])
    await guard.close()
  })
})

describe('a held call', () => {
  const held = { answers: { refund: 'review_recommended' } } as const

  it('runs after the callback approved it, once', async () => {
    const asked: string[] = []
    const { evaluator, guard, tool, runs } = setUp(held, {
      approvals: {
        onRequest: (request) => {
          asked.push(`${request.tool} ${request.approval.status}`)
          return { resolution: 'approved', resolvedBy: 'ann' }
        },
      },
    })
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'executed' })
    await guard.flush()
    expect(asked).toEqual(['refund pending'])
    expect(runs()).toBe(1)
    expect(await evaluator.getApproval('act_1')).toMatchObject({ status: 'approved', resolved_by: 'ann' })
    expect((await evaluator.getApproval('act_1')).consumed_at).toBeTruthy()
    expect(evaluator.outcomes).toMatchObject([{ status: 'SUCCESS' }])
  })

  it('is refused when a person denies it, and never settles as a success', async () => {
    const { evaluator, guard, tool, runs } = setUp(held, {
      approvals: { onRequest: () => ({ resolution: 'denied', comment: 'not this customer' }) },
    })
    expect(await guard.run(call(), tool)).toMatchObject({
      status: 'refused',
      refusal: { kind: 'denied', reason: 'not this customer' },
    })
    await guard.flush()
    expect(runs()).toBe(0)
    expect(evaluator.outcomes).toMatchObject([{ status: 'BLOCKED', details: { approval: 'denied' } }])
  })

  it('waits for an answer that comes some other way', async () => {
    const { evaluator, guard, tool } = setUp(held)
    const running = guard.run(call(), tool)
    guard.on('approval-request', ({ approval }) => {
      void evaluator.resolveApproval(approval.request_id, { resolution: 'approved' })
    })
    expect(await running).toMatchObject({ status: 'executed' })
  })

  it('is cancelled when no answer came in time, also when the callback throws', async () => {
    const { evaluator, guard, tool, runs } = setUp(held, {
      approvals: {
        waitMs: 5,
        onRequest: () => {
          throw new Error('pager is down')
        },
      },
    })
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'refused', refusal: { kind: 'cancelled' } })
    expect(runs()).toBe(0)
    expect((await evaluator.getApproval('act_1')).status).toBe('cancelled')
  })

  it('ends with the abort reason, not run, when the run is aborted while it waits', async () => {
    const { evaluator, guard, tool, runs } = setUp(held)
    const abort = new AbortController()
    guard.on('approval-request', () => abort.abort(new Error('stop')))
    await expect(guard.run(call({ signal: abort.signal }), tool)).rejects.toThrow('stop')
    await guard.flush()
    expect(runs()).toBe(0)
    expect((await evaluator.getApproval('act_1')).status).toBe('cancelled')
    expect(evaluator.outcomes).toMatchObject([{ status: 'BLOCKED' }])
  })

  it('is no longer asked about when the run was aborted before anybody waited', async () => {
    const { evaluator, guard, tool, runs } = setUp({ answers: { refund: 'review_recommended' } })
    const abort = new AbortController()
    const begun = await guard.begin(call({ signal: abort.signal }))
    await begun.approval()
    abort.abort(new Error('the user left'))
    await expect(begun.run(tool)).rejects.toThrow('the user left')
    expect(runs()).toBe(0)
    expect(await evaluator.getApproval('act_1')).toMatchObject({ status: 'cancelled' })
  })

  it('is answered by a framework through the begun call, bound to exactly these arguments', async () => {
    const { guard, tool, runs } = setUp(held)
    const begun = await guard.begin(call())
    expect(begun.disposition).toBe('await_approval')
    await begun.resolveApproval({ resolution: 'approved' })
    const other = await guard.begin(call({ arguments: { order: 'A-17', amount: 9000 } }))
    expect(other).not.toBe(begun)
    expect((await other.approval()).status).toBe('pending')
    expect(await (await guard.begin(call())).run(tool)).toMatchObject({ status: 'executed' })
    expect(await (await guard.begin(call())).run(tool)).toMatchObject({ status: 'executed' })
    expect(runs()).toBe(1)
  })

  it('is held for caution too when the guard says so, although the evaluator opened no approval', async () => {
    const { guard, tool, runs } = setUp(
      { answers: { refund: { recommendation: 'proceed_with_caution', requires_approval: false } } },
      { onCaution: 'review', approvals: { onRequest: () => ({ resolution: 'denied' }) } },
    )
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'refused', refusal: { kind: 'denied' } })
    expect(runs()).toBe(0)
  })
})

describe('an evaluator that fails', () => {
  const failing = (evaluate: Evaluator['evaluate']): Evaluator => ({
    evaluate,
    reportOutcome: async () => {
      throw new Error('unreachable')
    },
  })
  const fast = { deadlineMs: 60, retries: 1, breakerFailures: 3, breakerResetMs: 1000 }

  it.each<[string, Evaluator['evaluate']]>([
    ['throws', () => Promise.reject(new Error('down'))],
    ['throws no error', () => Promise.reject('down')],
    ['never answers', () => new Promise(() => undefined)],
    ['answers nothing', async () => undefined as never],
    ['answers text', async () => 'proceed' as never],
    ['answers an empty object', async () => ({}) as never],
    ['answers fields of the wrong type', async () => ({ recommendation: 7, request_id: 'x' }) as never],
    ['answers a list', async () => [] as never],
    [
      'throws synchronously',
      () => {
        throw new Error('sync')
      },
    ],
  ])('%s: blocked when closed, run when open, ignored in shadow', async (_, evaluate) => {
    let runs = 0
    const tool = (): number => ++runs
    const closed = createGuard({ evaluator: failing(evaluate), evaluation: fast })
    expect(await closed.run(call(), tool)).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    expect(runs).toBe(0)
    const open = createGuard({ evaluator: failing(evaluate), evaluation: fast, failMode: 'open' })
    expect(await open.run(call(), tool)).toMatchObject({ status: 'executed', value: 1 })
    const shadow = createGuard({ evaluator: failing(evaluate), evaluation: fast, mode: 'shadow' })
    expect(await shadow.run(call(), tool)).toMatchObject({ status: 'executed', value: 2 })
  })

  it('is replaced by the fallback in fail mode local', async () => {
    const fallback = createScriptedEvaluator({ answers: { refund: 'do_not_proceed' } })
    const guard = createGuard({
      evaluator: failing(() => Promise.reject(new Error('down'))),
      evaluation: fast,
      failMode: 'local',
      fallback,
    })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'refused', refusal: { kind: 'blocked' } })
    await guard.flush()
    expect(fallback.outcomes).toMatchObject([{ status: 'BLOCKED' }])
  })

  it('blocks when the fallback fails as well', async () => {
    const down = failing(() => Promise.reject(new Error('down')))
    const guard = createGuard({ evaluator: down, evaluation: fast, failMode: 'local', fallback: down })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
  })

  it('is tried again with the same idempotency key', async () => {
    const keys: (string | undefined)[] = []
    const guard = createGuard({
      evaluator: failing(async (_, options) => {
        keys.push(options?.idempotencyKey)
        if (keys.length < 2) throw new Error('blip')
        return { request_id: 'act_1', recommendation: 'proceed' } as EvaluateResponse
      }),
    })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'executed' })
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
  })

  it('is not tried again for a request it refuses as wrong', async () => {
    let asked = 0
    const guard = createGuard({
      evaluator: failing(async () => {
        asked++
        throw new InvalidInputError('value', 'too large')
      }),
    })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'refused' })
    expect(asked).toBe(1)
  })

  it('is no longer asked once the breaker is open, and is probed after a while', async () => {
    let asked = 0
    let isUp = false
    const guard = createGuard({
      evaluator: failing(async () => {
        asked++
        if (!isUp) throw new Error('down')
        return { request_id: 'act_1', recommendation: 'proceed' } as EvaluateResponse
      }),
      evaluation: { retries: 0, breakerFailures: 2, breakerResetMs: 20 },
    })
    for (const id of ['a', 'b', 'c', 'd']) await guard.run(call({ callId: id }), () => 1)
    expect(asked).toBe(2)
    isUp = true
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await guard.run(call({ callId: 'e' }), () => 1)).toMatchObject({ status: 'executed' })
    expect(asked).toBe(3)
  })

  it('settles as not run what a late answer had claimed', async () => {
    const evaluator = createScriptedEvaluator()
    const answer = evaluator.evaluate
    evaluator.evaluate = async (request, options) => {
      await new Promise((resolve) => setTimeout(resolve, 40))
      return answer(request, options)
    }
    const guard = createGuard({ evaluator, evaluation: { deadlineMs: 10, retries: 0 } })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    await new Promise((resolve) => setTimeout(resolve, 60))
    await guard.flush()
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['not_run'])
    expect(evaluator.outcomes).toMatchObject([{ status: 'BLOCKED' }])
  })

  it('learns from a late answer how a call went that ran without one', async () => {
    const evaluator = createScriptedEvaluator()
    const answer = evaluator.evaluate
    evaluator.evaluate = async (request, options) => {
      await new Promise((resolve) => setTimeout(resolve, 40))
      return answer(request, options)
    }
    const guard = createGuard({ evaluator, failMode: 'open', evaluation: { deadlineMs: 10, retries: 0 } })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'executed' })
    await new Promise((resolve) => setTimeout(resolve, 60))
    await guard.flush()
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['succeeded'])
    expect(evaluator.outcomes).toMatchObject([{ status: 'SUCCESS', request_id: 'act_1' }])
  })
})

describe('arguments that nobody can read', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = cyclic
  const deep = Array.from({ length: 1000 }).reduce<Record<string, unknown>>((inner) => ({ inner }), {})
  const hostile = {
    get secret(): string {
      throw new Error('no')
    },
  }

  it.each<[string, unknown, string]>([
    ['cyclic', cyclic, 'refers to itself'],
    ['1,000 levels deep', deep, 'nests deeper'],
    ['with a getter that throws', hostile, 'cannot be read'],
  ])('%s: refused without an evaluation, naming the field to the operator', async (_, args, reason) => {
    const { evaluator, guard, tool, runs } = setUp()
    const result = await guard.run(call({ arguments: args }), tool)
    expect(result).toMatchObject({ status: 'refused', refusal: { kind: 'invalid_arguments' } })
    expect(result.status === 'refused' && result.refusal.reason).toContain(reason)
    expect(runs()).toBe(0)
    expect(evaluator.requests).toEqual([])
  })

  it.each<[string, unknown]>([
    ['BigInt', { id: 12n }],
    ['NaN and infinity', { amount: Number.NaN, limit: Number.POSITIVE_INFINITY }],
    [
      'dates, maps, sets, bytes',
      { at: new Date(0), by: new Map([['a', 1]]), of: new Set([1]), raw: new Uint8Array(3) },
    ],
    ['an invalid date', { at: new Date(Number.NaN) }],
    ['undefined', undefined],
    ['null', null],
    ['text', 'drop table'],
    ['a list', [1, 2]],
    ['a null prototype', Object.assign(Object.create(null) as object, { a: 1 })],
    ['a __proto__ key', JSON.parse('{"__proto__": {"domain": "free"}, "a": 1}')],
  ])('%s: read, evaluated and run', async (_, args) => {
    const { evaluator, guard, tool, runs } = setUp()
    expect(await guard.run(call({ arguments: args }), tool)).toMatchObject({ status: 'executed' })
    expect(runs()).toBe(1)
    expect(JSON.parse(JSON.stringify(evaluator.requests[0]))).toMatchObject({ action: 'refund', domain: 'refunds' })
    expect(({} as Record<string, unknown>)['domain']).toBeUndefined()
  })

  it('a string of 10 MB is digested whole and sent cut', async () => {
    const { evaluator, guard, tool } = setUp()
    const text = 'x'.repeat(10 * 1024 * 1024)
    await guard.run(call({ arguments: { text } }), tool)
    await guard.run(call({ callId: 'call_2', arguments: { text: `${text}y` } }), tool)
    const [first, second] = evaluator.requests.map((request) => request.context?.call)
    expect(JSON.stringify(first).length).toBeLessThan(5000)
    expect(first?.arguments_digest).not.toBe(second?.arguments_digest)
  })

  it('named like policy fields change nothing that policy matches on', async () => {
    const { evaluator, guard, tool } = setUp()
    const args = { action: 'noop', actor: 'root', domain: 'free', dry_run: true, context: { call: {} }, metadata: {} }
    await guard.run(call({ arguments: args }), tool)
    expect(evaluator.requests[0]).toMatchObject({ action: 'refund', actor: 'support-agent', domain: 'refunds' })
    expect(evaluator.requests[0]).not.toHaveProperty('dry_run')
    expect(evaluator.requests[0]?.context?.call?.arguments).toEqual(args)
  })

  it('metadata of the user cannot replace what the guard says itself', async () => {
    const { evaluator, guard, tool } = setUp()
    const metadata = { call: { effect_key: 'x' }, run: { step: 99 }, trajectory_id: 'y', ticket: 7 }
    await guard.run(call({ options: { metadata } }), tool)
    const context = evaluator.requests[0]?.context
    expect(context).toMatchObject({ ticket: 7, run: { step: 0 }, call: { call_id: 'call_1' } })
    expect(context?.trajectory_id).not.toBe('y')
  })
})

describe('a tool option that goes wrong', () => {
  it.each<[string, GuardedCall['options'], string]>([
    [
      'throws',
      {
        value: () => {
          throw new Error('oops')
        },
      },
      'value: the tool option threw: oops',
    ],
    ['gives NaN', { value: () => Number.NaN }, "value: the tool's value must be a finite number, not NaN"],
    ['gives infinity', { value: () => Number.POSITIVE_INFINITY }, 'finite number, not Infinity'],
    ['gives text', { value: (() => '5') as unknown as () => number }, 'finite number, not string'],
    ['gives a number as target', { target: (() => 5) as unknown as () => string }, 'target: must be text, not number'],
  ])('%s: the fail mode decides and the reason names the field', async (_, options, reason) => {
    const { guard, tool, runs } = setUp()
    const result = await guard.run(call({ options }), tool)
    expect(result).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    expect(result.status === 'refused' && result.refusal.reason).toContain(reason)
    expect(runs()).toBe(0)
    const open = setUp({}, { failMode: 'open' })
    expect(await open.guard.run(call({ options }), open.tool)).toMatchObject({ status: 'executed' })
  })
})

describe('an aborted run', () => {
  it('does not start a tool when it was aborted before or during the evaluation', async () => {
    const { evaluator, guard, tool, runs } = setUp({
      answers: () => {
        abort.abort(new Error('stop'))
        return 'proceed'
      },
    })
    const abort = new AbortController()
    await expect(guard.run(call({ signal: abort.signal }), tool)).rejects.toThrow('stop')
    await expect(guard.run(call({ callId: 'call_2', signal: abort.signal }), tool)).rejects.toThrow('stop')
    await new Promise((resolve) => setTimeout(resolve, 5))
    await guard.flush()
    expect(runs()).toBe(0)
    expect(evaluator.settlements.every((each) => each.state === 'not_run')).toBe(true)
  })

  it('leaves the outcome open when the tool had begun', async () => {
    const { evaluator, guard } = setUp()
    const abort = new AbortController()
    const running = guard.run(call({ signal: abort.signal }), async () => {
      abort.abort(new Error('stop'))
      throw abort.signal.reason
    })
    await expect(running).rejects.toThrow('stop')
    await guard.flush()
    expect(evaluator.outcomes).toEqual([])
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['aborted'])
  })

  it('of a tool that never returns ends with the framework, and the call stays open', async () => {
    const { evaluator, guard } = setUp()
    let isSettled = false
    void guard
      .run(call(), () => new Promise(() => undefined))
      .finally(() => {
        isSettled = true
      })
    await new Promise((resolve) => setTimeout(resolve, 20))
    await guard.flush()
    expect(isSettled).toBe(false)
    expect(evaluator.outcomes).toEqual([])
    expect(evaluator.settlements).toEqual([])
  })
})

describe('a tool that yields', () => {
  async function* parts(): AsyncGenerator<string> {
    yield 'a'
    yield 'b'
  }

  it('passes every part through and reports once, at the end', async () => {
    const { evaluator, guard } = setUp()
    const seen: string[] = []
    for await (const part of guard.stream(call(), parts)) seen.push(part)
    await guard.flush()
    expect(seen).toEqual(['a', 'b'])
    expect(evaluator.outcomes).toMatchObject([{ status: 'SUCCESS' }])
  })

  it('yields nothing when it is blocked', async () => {
    const { guard } = setUp({ answers: { refund: 'do_not_proceed' } })
    const stream = guard.stream(call(), parts)
    expect(await stream.next()).toMatchObject({ done: true, value: { status: 'refused' } })
  })

  it('stays open when nobody reads it to its end, and fails when it throws midway', async () => {
    const { evaluator, guard } = setUp()
    for await (const part of guard.stream(call(), parts)) if (part === 'a') break
    await guard.flush()
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['aborted'])
    const failing = guard.stream(call({ callId: 'call_2' }), async function* () {
      yield 'a'
      throw new Error('midway')
    })
    await failing.next()
    await expect(failing.next()).rejects.toThrow('midway')
    await guard.flush()
    expect(evaluator.outcomes).toMatchObject([{ status: 'FAILURE' }])
  })
})

describe('shadow mode', () => {
  it('runs what would be blocked or held, asks nobody, and records what would have happened', async () => {
    const wouldBe: unknown[] = []
    const answers = { refund: 'do_not_proceed', price: 'review_recommended' } as const
    const { evaluator, guard, tool, runs } = setUp({ answers }, { mode: 'shadow' })
    guard.on('evaluation-end', ({ resolved }) => wouldBe.push(resolved.wouldBe))
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'executed' })
    expect(await guard.run(call({ tool: 'price', callId: 'call_2' }), tool)).toMatchObject({ status: 'executed' })
    expect(runs()).toBe(2)
    expect(wouldBe).toEqual(['block', 'execute'])
    expect(evaluator.requests[0]?.context?.call?.shadow).toBe(true)
    await expect(evaluator.getApproval('act_2')).rejects.toThrow('no approval')
  })

  it('is stopped by an active kill switch', async () => {
    const answers = { refund: { recommendation: 'do_not_proceed', blocked_by: 'kill_switch' } } as const
    const { guard, tool, runs } = setUp({ answers }, { mode: 'shadow' })
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'refused' })
    expect(runs()).toBe(0)
  })
})

describe('the run context', () => {
  it('tells the evaluator where each argument was seen before', async () => {
    const { evaluator, guard } = setUp()
    await guard.withRun({ id: 'run_1' }, async () => {
      await guard.run(
        call({ tool: 'read', arguments: { id: 7 }, callId: 'r', userText: ['refund order A-17'] }),
        () => ({
          order: 'A-17',
          iban: 'DE89 3704 0044',
        }),
      )
      await guard.run(
        call({ arguments: { order: 'A-17', iban: 'de8937040044', to: 'DE89-3704-0044', note: 'hello' } }),
        () => 1,
      )
    })
    const context = evaluator.requests[1]?.context
    expect(context?.call?.provenance).toEqual({ order: 'both', iban: 'none', to: 'tool', note: 'none' })
    expect(context?.trajectory_id).toBe('run_1')
    expect(context?.run).toMatchObject({ step: 1, observations: [{ tool: 'read', error: false }] })
    expect(evaluator.requests[0]?.context?.run?.user_text).toBe('refund order A-17')
    expect(context?.run?.user_text).toBeUndefined()
  })

  it('makes a run inside a run its child', async () => {
    const { evaluator, guard } = setUp()
    await guard.withRun({ id: 'outer' }, () => guard.withRun({ id: 'inner' }, () => guard.run(call(), () => 1)))
    expect(evaluator.requests[0]?.context).toMatchObject({ trajectory_id: 'inner', run: { parent: 'outer' } })
  })

  it('sends labels but no words when texts are not to be stored', async () => {
    const { evaluator, guard } = setUp({}, { storeText: false })
    await guard.run(call({ userText: ['refund A-17'] }), () => 'secret output')
    await guard.run(call({ callId: 'call_2' }), () => 1)
    expect(JSON.stringify(evaluator.requests.map((request) => request.context?.run))).not.toMatch(/A-17|secret output/)
    expect(evaluator.requests[1]?.context?.call?.provenance).toMatchObject({ order: 'user' })
  })

  it('masks secrets before they leave, while the digest tells them apart', async () => {
    const { evaluator, guard } = setUp()
    const secret = {
      password: 'hunter2',
      note: 'key sk-abcdefghijklmnop1234 card 4111 1111 1111 1111',
      count: 4111111111111112,
    }
    await guard.run(call({ arguments: secret }), () => 'Bearer abcdefghijklmnopqrstuvwxyz')
    await guard.run(call({ arguments: { ...secret, password: 'hunter3' }, callId: 'call_2' }), () => 1)
    const text = JSON.stringify(evaluator.requests)
    expect(text).not.toMatch(/hunter|sk-abc|4111 1111|abcdefghijklmnopqrstuvwxyz/)
    const digests = evaluator.requests.map((request) => request.context?.call?.arguments_digest)
    expect(digests[0]).not.toBe(digests[1])
  })
})

describe('the conversation of a call', () => {
  it('names the run where nothing else does, and stays private', async () => {
    const { evaluator, guard, tool } = setUp()
    const { runId: _, ...bare } = call()
    await guard.run({ ...bare, conversation: 'Please pay it back.' }, tool)
    await guard.run({ ...bare, conversation: 'Something else.' }, tool)
    await guard.run({ ...bare, conversation: 'Please pay it back.', callId: 'call_2' }, tool)
    const runs = evaluator.requests.map(({ context }) => context?.trajectory_id)
    expect(runs[0]).toMatch(/^run_[0-9a-f]{32}$/)
    expect(runs[1]).not.toBe(runs[0])
    expect(runs[2]).toBe(runs[0])
    expect(JSON.stringify(evaluator.requests)).not.toContain('pay it back')
  })

  it('gives way to a run id and to a run around the call', async () => {
    const { evaluator, guard, tool } = setUp()
    await guard.run(call({ runId: 'run_a', conversation: 'Hello.' }), tool)
    await guard.withRun({ id: 'run_b' }, () => guard.run(call({ conversation: 'Hello.' }), tool))
    const runs = evaluator.requests.map(({ context }) => context?.trajectory_id)
    expect(runs).toEqual(['run_a', 'run_b'])
  })

  it('is how a begun call is found again', async () => {
    const { guard } = setUp()
    const begun = await guard.begin(call({ conversation: 'Hello.' }))
    expect(await guard.find('call_1', undefined, 'Hello.')).toBe(begun)
    expect(await guard.find('call_1', undefined, 'Goodbye.')).toBeUndefined()
  })
})

describe('createGuard', () => {
  const evaluator = createScriptedEvaluator()

  it.each<[string, unknown, string]>([
    ['no evaluator', {}, 'evaluator'],
    ['an unknown option', { evaluator, failmode: 'open' }, 'failmode'],
    ['an unknown approval option', { evaluator, approvals: { timeout: 5 } }, 'approvals.timeout'],
    ['an unknown mode', { evaluator, mode: 'strict' }, 'mode'],
    ['an unknown fail mode', { evaluator, failMode: 'fail' }, 'failMode'],
    ['local without a fallback', { evaluator, failMode: 'local' }, 'fallback'],
    ['a deadline that is no number', { evaluator, evaluation: { deadlineMs: Number.NaN } }, 'evaluation.deadlineMs'],
    ['an infinite wait', { evaluator, approvals: { waitMs: Number.POSITIVE_INFINITY } }, 'approvals.waitMs'],
    ['an empty actor', { evaluator, actor: '' }, 'actor'],
    ['no object', undefined, 'options'],
  ])('refuses %s and names the option', (_, options, option) => {
    expect(() => createGuard(options as GuardOptions)).toThrow(ConfigurationError)
    expect(() => createGuard(options as GuardOptions)).toThrow(option)
  })

  it('says what will not survive when the evaluator keeps no ledger', () => {
    const bare = createGuard({ evaluator: { evaluate: evaluator.evaluate, reportOutcome: evaluator.reportOutcome } })
    expect(bare.coverage().limits).toEqual([expect.stringContaining('end with it')])
    expect(createGuard({ evaluator }).coverage().limits).toEqual([])
  })

  it('refuses calls once it is closed, and closing twice is harmless', async () => {
    const guard = createGuard({ evaluator })
    await guard.close()
    await guard.close()
    await expect(guard.run(call(), () => 1)).rejects.toThrow('closed')
  })

  it('goes on when a listener throws', async () => {
    const guard = createGuard({ evaluator })
    guard.on('evaluation-end', () => {
      throw new Error('listener')
    })
    expect(await guard.run(call(), () => 1)).toMatchObject({ status: 'executed' })
  })

  it('says so when an outcome cannot be delivered', async () => {
    const failed: unknown[] = []
    const guard = createGuard({
      evaluator: {
        evaluate: evaluator.evaluate,
        reportOutcome: async () => {
          throw new InvalidInputError('status', 'unknown')
        },
      },
    })
    guard.on('report-fail', ({ error }) => failed.push(error))
    await guard.run(call({ callId: 'undeliverable' }), () => 1)
    await guard.flush()
    expect(failed).toHaveLength(1)
    expect(guard.coverage().undeliveredReports).toBe(1)
  })
})

describe('what frameworks do to hooks', () => {
  it('runs a guarded tool inside a guarded hook of the same call without waiting for itself', async () => {
    const { evaluator, guard, tool, runs } = setUp()
    const result = await guard.run(call(), async () => {
      const inner = await guard.run(call(), tool)
      return inner.status === 'executed' ? inner.value : 'refused'
    })
    await guard.flush()
    expect(result).toMatchObject({ status: 'executed', value: 'refunded' })
    expect(runs()).toBe(1)
    expect(evaluator.outcomes).toHaveLength(1)
  })

  it('can be continued after an abort that came before the tool began', async () => {
    const { evaluator, guard, tool, runs } = setUp()
    const abort = new AbortController()
    const begun = await guard.begin(call({ signal: abort.signal }))
    abort.abort(new Error('stop'))
    await expect(begun.run(tool)).rejects.toThrow('stop')
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'executed' })
    await guard.flush()
    expect(runs()).toBe(1)
    expect(evaluator.outcomes.map((each) => each.status)).toEqual(['BLOCKED', 'SUCCESS'])
  })

  it('settles what the evaluator claimed for a call that was aborted during its evaluation', async () => {
    const abort = new AbortController()
    const evaluator = createScriptedEvaluator({
      answers: async () => {
        abort.abort(new Error('stop'))
        await new Promise((resolve) => setTimeout(resolve, 5))
        return 'proceed' as const
      },
    })
    const guard = createGuard({ evaluator })
    await expect(guard.run(call({ signal: abort.signal }), () => 1)).rejects.toThrow('stop')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await guard.flush()
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['not_run'])
    expect(evaluator.outcomes).toMatchObject([{ status: 'BLOCKED' }])
  })

  it('sees an answer that came from elsewhere, and tells of a hold once', async () => {
    const { evaluator, guard } = setUp({ answers: { refund: 'review_recommended' } })
    const asked: string[] = []
    guard.on('approval-request', ({ tool }) => asked.push(tool))
    const begun = await guard.begin(call())
    const { request_id: requestId } = await begun.approval()
    await evaluator.resolveApproval(requestId, { resolution: 'approved' })
    expect((await begun.approval()).status).toBe('approved')
    expect(await begun.run(() => 1)).toMatchObject({ status: 'executed' })
    expect(asked).toEqual(['refund'])
  })

  it('listens to the signal of the hook that came last', async () => {
    const { guard } = setUp({ answers: { refund: 'review_recommended' } })
    const first = new AbortController()
    const begun = await guard.begin(call({ signal: first.signal }))
    await begun.resolveApproval({ resolution: 'approved' })
    const again = await guard.begin(call({ signal: new AbortController().signal }))
    first.abort(new Error('that request is over'))
    expect(again).toBe(begun)
    expect(await again.run(() => 1)).toMatchObject({ status: 'executed' })
  })

  it('refuses when the ledger fails, whatever the evaluator said', async () => {
    const { evaluator, guard, tool, runs } = setUp(
      { answers: { refund: 'review_recommended' } },
      { failMode: 'open', approvals: { onRequest: () => ({ resolution: 'approved' }) } },
    )
    evaluator.consumeApproval = async () => {
      throw new Error('disk is full')
    }
    expect(await guard.run(call(), tool)).toMatchObject({ status: 'refused', refusal: { kind: 'not_evaluated' } })
    expect(runs()).toBe(0)
  })

  it('counts what a generator returns as its result, and an abort within it as an abort', async () => {
    const { evaluator, guard } = setUp()
    const stream = guard.stream(call(), async function* () {
      yield 'part'
      return 'whole'
    })
    await stream.next()
    expect(await stream.next()).toMatchObject({ done: true, value: { status: 'executed', value: 'whole' } })
    const abort = new AbortController()
    const aborted = guard.stream(call({ callId: 'call_2', signal: abort.signal }), async function* () {
      yield 'part'
      abort.abort(new Error('stop'))
      throw abort.signal.reason
    })
    await aborted.next()
    await expect(aborted.next()).rejects.toThrow('stop')
    await guard.flush()
    expect(evaluator.settlements.map((each) => each.state)).toEqual(['succeeded', 'aborted'])
  })
})
