import { createGuard, type Guard, type GuardedCall, type GuardOptions, type ToolOptions } from '@bighub/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Engine } from '../src/engine.ts'
import { openEngine, TestClock, temporaryFile } from './support/temporary.ts'

/** Two guards on one file, each with an engine of its own, as two processes have them. Refunds above 100 are held, above 5000 blocked. */
async function setUp(options: Partial<GuardOptions> = {}) {
  const clock = new TestClock()
  const file = temporaryFile()
  const open = (): Engine => openEngine({ file, now: clock.now })
  const guardOf = (engine: Engine): Guard => {
    const guard = createGuard({ evaluator: engine, actor: 'agent', domain: 'payments', ...options })
    onTestFinished(() => guard.close())
    return guard
  }
  const [one, two] = [open(), open()]
  await one.constraints.create({ name: 'ask', require_approval_above: 100, max_value: 5000 })
  return { clock, one, two, first: guardOf(one), second: guardOf(two), guardOf }
}

const CALL: GuardedCall = {
  tool: 'refund',
  arguments: { amount: 200, order: 'A-17' },
  callId: 'call_1',
  runId: 'run_1',
}

/** A tool that remembers what it was run with. */
function createTool() {
  const ran: unknown[] = []
  const tool = (args: unknown): string => {
    ran.push(args)
    return 'refunded'
  }
  return { tool, ran }
}

async function hold(guard: Guard, over: Partial<GuardedCall> = {}): Promise<string> {
  const begun = await guard.begin({ ...CALL, ...over })
  expect(begun.disposition).toBe('await_approval')
  expect(begun.isResumed).toBe(false)
  return (await begun.approval()).request_id
}

const kindOf = (result: unknown): string => (result as { refusal: { kind: string } }).refusal.kind

describe('a held call that is begun again by another process', () => {
  it('is the same decision with the same approval, and runs once', async () => {
    const { one, two, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    const again = await second.begin(CALL)
    expect(again.isResumed).toBe(true)
    expect((await again.approval()).request_id).toBe(id)
    await one.resolveApproval(id, { resolution: 'approved' })
    expect(await again.run(tool)).toMatchObject({ status: 'executed', value: 'refunded' })
    expect(kindOf(await first.run(CALL, tool))).toBe('duplicate')
    await second.flush()
    expect(ran).toEqual([CALL.arguments])
    expect(await two.statistics()).toMatchObject({ decisions: 1, outcomes: 1 })
    expect(await two.effects.list({ state: 'succeeded' })).toMatchObject({ total: 1 })
  })

  it('is run by one of two who wait for the answer at once', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    const running = [first.run(CALL, tool), second.run(CALL, tool)]
    await one.resolveApproval(id, { resolution: 'approved' })
    const statuses = (await Promise.all(running)).map(({ status }) => status)
    expect(statuses.toSorted()).toEqual(['executed', 'refused'])
    expect(ran).toHaveLength(1)
  })

  it('stays refused when it was declined in between, and nobody is asked again', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    await one.resolveApproval(await hold(first), { resolution: 'denied', comment: 'not this customer' })
    expect(await second.run(CALL, tool)).toMatchObject({
      status: 'refused',
      refusal: { kind: 'denied', reason: 'not this customer' },
    })
    expect(ran).toEqual([])
    expect(await one.approvals.list({ status: 'all' })).toHaveLength(1)
  })

  it('with other arguments is another call, with an approval of its own', async () => {
    const { first, second } = await setUp()
    const id = await hold(first)
    const other = await second.begin({ ...CALL, arguments: { amount: 300, order: 'A-17' } })
    expect(other.isResumed).toBe(false)
    expect((await other.approval()).request_id).not.toBe(id)
  })
})

describe('a call that is resumed by the id of its approval', () => {
  it('runs once over all processes, with the arguments of the record', async () => {
    const { one, first, second, guardOf } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    await one.resolveApproval(id, { resolution: 'approved' })
    const third = guardOf(one)
    const results = await Promise.all(
      [first, second, second, third].map(async (guard) => (await guard.resume(id)).run(tool)),
    )
    // Within one guard it is one call: the later caller gets the first one's result.
    expect(results.map(({ status }) => status).filter((status) => status === 'executed').length).toBeGreaterThan(0)
    expect(ran).toEqual([CALL.arguments])
  })

  it('waits while nobody has answered', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    const running = (await second.resume(id)).run(tool)
    await one.resolveApproval(id, { resolution: 'approved' })
    expect(await running).toMatchObject({ status: 'executed' })
    expect(ran).toHaveLength(1)
  })

  it('needs its arguments handed in where the record masks some', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const args = { amount: 200, password: 'correct horse battery' }
    const id = await hold(first, { arguments: args })
    await one.resolveApproval(id, { resolution: 'approved' })
    await expect(second.resume(id)).rejects.toMatchObject({ field: 'arguments' })
    expect(await (await second.resume(id, { arguments: args })).run(tool)).toMatchObject({ status: 'executed' })
    expect(ran).toEqual([args])
  })

  it('does not run with other arguments than those that were approved', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    await one.resolveApproval(id, { resolution: 'approved' })
    const other = await second.resume(id, { arguments: { amount: 201, order: 'A-17' } })
    expect(kindOf(await other.run(tool))).toBe('approval_void')
    expect(ran).toEqual([])
    // The approval is good for the call that it was given for.
    expect(await (await second.resume(id)).run(tool)).toMatchObject({ status: 'executed' })
  })

  it('does not run once its target has moved on', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    let version = 'v1'
    const options: ToolOptions = { targetVersion: () => version }
    const begun = await first.begin({ ...CALL, options })
    const { request_id: id } = await begun.approval()
    expect(await one.getApproval(id)).toMatchObject({ target_version: 'v1', call_id: 'call_1', trajectory_id: 'run_1' })
    await one.resolveApproval(id, { resolution: 'approved' })
    version = 'v2'
    expect(kindOf(await (await second.resume(id, { arguments: CALL.arguments, options })).run(tool))).toBe(
      'approval_void',
    )
    // Nor in the process that waited all the while.
    expect(kindOf(await begun.run(tool))).toBe('approval_void')
    expect(ran).toEqual([])
  })

  it('does not run against a kill switch that came in between, nor after it', async () => {
    const { one, first, second, guardOf } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    await one.resolveApproval(id, { resolution: 'approved' })
    await one.killSwitch.activate({ reason: 'audit' })
    expect(await (await second.resume(id)).run(tool)).toMatchObject({
      refusal: { kind: 'approval_void', reason: expect.stringContaining('audit') },
    })
    // The model was told so: nobody may use it any more, whatever happens to the switch.
    expect(await one.getApproval(id)).toMatchObject({ status: 'cancelled', resolved_by: 'application' })
    expect(kindOf(await (await guardOf(one).resume(id)).run(tool))).toBe('cancelled')
    expect(ran).toEqual([])
  })

  it('does not run against a rule that came in between', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    await one.resolveApproval(id, { resolution: 'approved' })
    await one.constraints.create({ name: 'cap', max_value: 150 })
    expect(await (await second.resume(id)).run(tool)).toMatchObject({
      refusal: { kind: 'approval_void', reason: expect.stringContaining('cap') },
    })
    expect(ran).toEqual([])
  })

  it('does not run after it was declined, cancelled or expired', async () => {
    const { clock, one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const ids = [
      await hold(first, { callId: 'a' }),
      await hold(first, { callId: 'b', arguments: { amount: 201 } }),
      await hold(first, { callId: 'c', arguments: { amount: 202 } }),
    ]
    await one.resolveApproval(ids[0]!, { resolution: 'denied' })
    await one.cancelApproval(ids[1]!, { reason: 'the customer left' })
    clock.advance(86_400_000)
    const kinds: string[] = []
    for (const id of ids) kinds.push(kindOf(await (await second.resume(id)).run(tool)))
    expect(kinds).toEqual(['denied', 'cancelled', 'expired'])
    expect(ran).toEqual([])
  })

  it('is not found where there is none', async () => {
    const { first } = await setUp()
    await expect(first.resume('act_nobody')).rejects.toMatchObject({ code: 'approval_not_found' })
  })
})

describe('a reviewer who changes the arguments', () => {
  const edit = (amount: number) =>
    ({ resolution: 'approved', arguments: { amount, order: 'A-17' }, comment: 'less' }) as const

  it('has the changed call judged, bound and run instead, also by another process', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    const ended = await one.resolveApproval(id, edit(150), { resolvedBy: 'ann' })
    expect(ended).toMatchObject({ status: 'cancelled', superseded_by: expect.stringMatching(/^act_/) })
    const next = String(ended.superseded_by)
    expect(await one.getApproval(next)).toMatchObject({
      status: 'approved',
      resolved_by: 'ann',
      arguments: { amount: 150 },
      value: 150,
    })
    expect(await (await second.resume(id, { takesEdits: true })).run(tool)).toMatchObject({ status: 'executed' })
    await second.flush()
    expect(ran).toEqual([{ amount: 150, order: 'A-17' }])
    expect(await one.outcomes.get(next)).toMatchObject({ status: 'SUCCESS' })
    expect(await one.verifyState()).toMatchObject({ equal: true })
    expect(await one.verifyLog()).toMatchObject({ valid: true })
  })

  it('has nothing run where the caller would run the original', async () => {
    const { one, first } = await setUp()
    const { tool, ran } = createTool()
    await one.resolveApproval(await hold(first), edit(150))
    expect(kindOf(await first.run(CALL, tool))).toBe('approval_void')
    expect(ran).toEqual([])
  })

  it('reaches a call that waits in process', async () => {
    const { one, first } = await setUp({ approvals: { onRequest: () => ({ ...edit(120), resolvedBy: 'ann' }) } })
    const { tool, ran } = createTool()
    expect(await first.run({ ...CALL, takesEdits: true }, tool)).toMatchObject({ status: 'executed' })
    expect(ran).toEqual([{ amount: 120, order: 'A-17' }])
    expect(await one.approvals.list({ status: 'all' })).toMatchObject([{ status: 'approved' }, { status: 'cancelled' }])
  })

  it('cannot get past a rule', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const id = await hold(first)
    await one.resolveApproval(id, edit(6000))
    expect(kindOf(await (await second.resume(id, { takesEdits: true })).run(tool))).toBe('blocked')
    expect(ran).toEqual([])
  })

  it('is not believed about a value that the tool reads otherwise', async () => {
    const { one, first, second } = await setUp()
    const { tool, ran } = createTool()
    const options: ToolOptions = { value: (args: { cents: number }) => args.cents / 100 }
    const id = await hold(first, { arguments: { cents: 20_000 }, options })
    await one.resolveApproval(id, { resolution: 'approved', arguments: { cents: 900_000 } })
    const begun = await second.resume(id, { options, takesEdits: true })
    expect(kindOf(await begun.run(tool))).toBe('approval_void')
    expect(ran).toEqual([])
  })

  it('is refused where the record does not hold the arguments as they are, or nothing was changed', async () => {
    const { one, first } = await setUp()
    const masked = await hold(first, { arguments: { amount: 200, password: 'correct horse' } })
    const named = { field: 'arguments' }
    await expect(
      one.resolveApproval(masked, { resolution: 'approved', arguments: { amount: 1 } }),
    ).rejects.toMatchObject(named)
    const id = await hold(first, { callId: 'call_2' })
    await expect(one.resolveApproval(id, edit(200))).rejects.toMatchObject(named)
    await expect(one.resolveApproval(id, { ...edit(5), resolution: 'denied' })).rejects.toMatchObject(named)
    expect(await one.getApproval(id)).toMatchObject({ status: 'pending' })
  })

  it('and another who approves it as it was: one of them counts', async () => {
    const { one, two, first } = await setUp()
    const id = await hold(first)
    const settled = await Promise.allSettled([
      one.resolveApproval(id, edit(150)),
      two.resolveApproval(id, { resolution: 'approved' }),
    ])
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('has to be one who may approve the call', async () => {
    const { one, first } = await setUp()
    await one.policy.update({ approvals: { four_eyes: true } })
    const id = await hold(first)
    await expect(one.resolveApproval(id, edit(150), { resolvedBy: 'agent' })).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(await one.getApproval(id)).toMatchObject({ status: 'pending' })
  })

  it('counts as one of those that a quorum needs', async () => {
    const { one, first, second } = await setUp()
    await one.policy.update({ approvals: { quorum: 2 } })
    const { tool, ran } = createTool()
    const id = await hold(first)
    const { superseded_by: next } = await one.resolveApproval(id, edit(150), { resolvedBy: 'ann' })
    expect(await one.getApproval(String(next))).toMatchObject({ status: 'pending', approvals_given: [{ by: 'ann' }] })
    const running = (await second.resume(id, { takesEdits: true })).run(tool)
    await one.resolveApproval(String(next), { resolution: 'approved' }, { resolvedBy: 'bob' })
    expect(await running).toMatchObject({ status: 'executed' })
    expect(ran).toEqual([{ amount: 150, order: 'A-17' }])
  })
})
