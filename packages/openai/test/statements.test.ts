import { BighubError, createGuard, type EvaluateResponse, EvaluatorError } from '@bighub/core'
import { createScriptedEvaluator } from '@bighub/core/testing'
import OpenAI, { APIConnectionError, APIConnectionTimeoutError, RateLimitError } from 'openai'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createGuardedOpenAI, ProviderResponseError, type ToolExecutionEvent } from '../src/index.ts'
import { VERSION } from '../src/version.ts'
import { readOutputs } from './provider-script.ts'
import { startProvider } from './provider-stub.ts'
import { addRefund, collect, createStage, ONE_CALL, openEngine, openServer, REQUEST, temporaryFile } from './stage.ts'

const BLOCK = { recommendation: 'do_not_proceed', risk_score: 0.873, reason: 'rule "max-refund": 12.5 > 10' } as const
const HOLD = 'review_recommended'
/** A decision with everything that the record has room for. */
const RICH: Partial<EvaluateResponse> & Record<string, unknown> = {
  recommendation: 'proceed',
  risk_score: 0.31,
  enforcement_mode: 'review',
  decision_packet: { signal: { risk_band: 'low', confidence_zone: 'known', regret_band: 'small' } },
  decision_intelligence: { trajectory_health: { state: 'steady' } },
} as never
const KEYS = [
  'status',
  'decision',
  'output',
  'error',
  'recommendation',
  'risk_score',
  'enforcement_mode',
  'trajectory_health',
  'risk_band',
  'confidence_zone',
  'regret_band',
  'decision_packet',
]

afterEach(() => void vi.useRealTimers())

describe('construction and tools', () => {
  it('1: refuses what cannot work when it is constructed', () => {
    const evaluator = createScriptedEvaluator()
    const client = new OpenAI({ apiKey: 'sk-test' })
    const create = (options: object) => () => createGuardedOpenAI({ guard: { evaluator }, client, ...options })
    expect(create({ guard: { evaluator, failMode: 'sometimes' } })).toThrow('failMode: "sometimes"')
    expect(create({ decisionMode: 'guess' })).toThrow('decisionMode: "guess"')
    expect(create({ maxToolRounds: 0 })).toThrow('maxToolRounds: 0')
    expect(create({ client: undefined })).toThrow('client: needs an OpenAI client, or an apiKey')
    expect(create({ client: { chat: client.chat } })).toThrow('client: has no responses')
    expect(create({ guard: undefined })).toThrow('needs an object with evaluate()')
    expect(create({ client: undefined, apiKey: 'sk-test', api: 'chat_completions' })).not.toThrow()
  })

  it('2: has the defaults of the reference', async () => {
    const { agent } = await createStage({ guard: { evaluation: {} } })
    const { options, guard } = agent
    expect(options.maxToolRounds).toBe(8)
    expect(options.provider).toEqual({
      timeoutMs: 30_000,
      maxRetries: 2,
      backoffMs: 250,
      maxBackoffMs: 2000,
      jitterMs: 100,
      breakerFailures: 0,
      breakerResetMs: 30_000,
    })
    expect(options.memory).toEqual({
      enabled: true,
      source: 'openai_adapter',
      sourceVersion: `bighub-openai@${VERSION}`,
      timeoutMs: 300,
    })
    expect(guard.options).toMatchObject({ failMode: 'closed', reportOutcomes: true, evaluation: { retries: 2 } })
  })

  it('3: makes a session id that every evaluation of the object carries', async () => {
    const { agent, evaluator } = await createStage({ turns: [ONE_CALL, {}, ONE_CALL] })
    await agent.run(REQUEST)
    await agent.run(REQUEST)
    const ids = evaluator.requests.map((each) => each.context?.session_id)
    expect(ids).toEqual([agent.options.sessionId, agent.options.sessionId])
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-/)
    expect((await createStage({ sessionId: 'chat-7' })).agent.options.sessionId).toBe('chat-7')
  })

  it('4: tells the provider of tools in the flat form, strict; the last of a name counts', async () => {
    const { agent, provider } = await createStage({ turns: [] })
    agent.registerTool('ping', () => 'one').registerTool('ping', () => 'two', { description: 'Second.', strict: false })
    await agent.run(REQUEST)
    expect(provider.requests[0]?.body['tools']).toEqual([
      {
        type: 'function',
        name: 'refund',
        description: 'Pays money back.',
        strict: true,
        parameters: {
          type: 'object',
          properties: { amount: { type: 'number' } },
          required: ['amount'],
          additionalProperties: false,
        },
      },
      {
        type: 'function',
        name: 'ping',
        description: 'Second.',
        strict: false,
        parameters: { type: 'object', properties: {}, required: [], additionalProperties: false },
      },
    ])
    expect(agent.listTools()[1]).toMatchObject({ type: 'function', function: { name: 'ping', strict: false } })
    expect(() => agent.registerTool('no spaces', () => 1)).toThrow('"no spaces"')
  })

  it('5: refuses to run without tools, and asks nobody', async () => {
    const { client, requests } = await startProvider()
    const agent = createGuardedOpenAI({ guard: { evaluator: createScriptedEvaluator() }, client })
    await expect(agent.run(REQUEST)).rejects.toThrow('tools: none is registered')
    await expect(collect(agent.runStream(REQUEST))).rejects.toThrow('tools: none is registered')
    expect(requests).toEqual([])
  })
})

describe('evaluation', () => {
  it('6: sends one evaluation over HTTP before the tool runs, with what the tool says of itself', async () => {
    const { client: evaluator, evaluations } = await openServer()
    const { client } = await startProvider({ calls: [['call_1', 'pay', { amount: 5, to: 'ana' }]] })
    const agent = createGuardedOpenAI({ guard: { evaluator, actor: 'support', domain: 'refunds' }, client })
    let before = -1
    const pay = (_args: { amount: number; to: string }): void => void (before = evaluations().length)
    agent.registerTool('pay', pay, {
      action: 'payout',
      domain: 'payments',
      value: ({ amount }) => amount * 2,
      target: ({ to }) => to,
      metadata: { channel: 'chat', session_id: 'made up' },
    })
    const { execution } = await agent.run(REQUEST)
    expect(execution.last?.status).toBe('executed')
    expect(before).toBe(1)
    expect(evaluations()).toHaveLength(1)
    expect(evaluations()[0]).toMatchObject({
      method: 'POST',
      body: {
        action: 'payout',
        actor: 'support',
        value: 10,
        target: 'ana',
        domain: 'payments',
        context: { channel: 'chat', session_id: agent.options.sessionId, call: { call_id: 'call_1' } },
      },
    })
    await agent.close()
  })

  it('7: takes the value from the tool, else the first number that has a name for it, else none', async () => {
    const calls = [
      ['a', 'wire', { value: 7, amount: 9 }],
      ['b', 'mail', { price: 'free', total: 3 }],
      ['c', 'mail', { to: 'ana' }],
    ] as const
    const { agent, evaluator } = await createStage({ turns: [{ calls }] })
    agent.registerTool('wire', () => 1, { value: () => 100 }).registerTool('mail', () => 1)
    const { execution } = await agent.run(REQUEST)
    expect(evaluator.requests.map((each) => each.value)).toEqual([100, 3, undefined])
    expect(execution.events.map((each) => each.status)).toEqual(['executed', 'executed', 'executed'])
  })

  it('8: goes on in the trajectory that an answer named, also in the next run', async () => {
    const answers = [{ trajectory_id: 'top' }, { trajectory_id: 'top', intelligence: { trajectory_id: 'inner' } }, {}]
    const { agent, evaluator } = await createStage({
      turns: [
        {
          calls: [
            ['a', 'refund', { amount: 1 }],
            ['b', 'refund', { amount: 2 }],
          ],
        },
        {},
        ONE_CALL,
      ],
      answers: () => ({ recommendation: 'proceed', ...answers.shift() }) as never,
    })
    await agent.run(REQUEST)
    await agent.run(REQUEST)
    expect(evaluator.requests.map((each) => each.context?.trajectory_id).slice(1)).toEqual(['top', 'inner'])
  })

  it.each([
    [{ enforcement_mode: 'enforced', enforced_verdict: 'allowed', recommendation: 'do_not_proceed' }, 'executed'],
    [{ enforcement_mode: 'enforced', enforced_verdict: 'proceed' }, 'executed'],
    [{ enforcement_mode: 'enforced', enforced_verdict: 'requires_approval' }, 'approval_required'],
    [{ enforcement_mode: 'enforced', enforced_verdict: 'perhaps', recommendation: 'proceed' }, 'blocked'],
    [{ enforcement_mode: 'enforced', recommendation: 'proceed' }, 'blocked'],
    [{ enforcement_mode: 'review', recommendation: 'do_not_proceed' }, 'blocked'],
    [{ enforcement_mode: 'review', recommendation: 'review_recommended' }, 'approval_required'],
    [{ enforcement_mode: 'review', recommendation: 'proceed_with_caution' }, 'approval_required'],
    [{ enforcement_mode: 'review', recommendation: 'proceed' }, 'executed'],
    [{ enforcement_mode: 'review', recommendation: 'who knows' }, 'approval_required'],
    [{ enforcement_mode: 'review', allowed: true }, 'approval_required'],
    [{ enforcement_mode: 'advisory', recommendation: 'do_not_proceed' }, 'blocked'],
    [{ recommendation: 'do_not_proceed' }, 'blocked'],
    [{ enforcement_mode: 'new', recommendation: 'do_not_proceed' }, 'blocked'],
    [{ recommendation: 'review_recommended', requires_approval: true }, 'approval_required'],
    [{ recommendation: 'review_recommended', human_review: true }, 'approval_required'],
    [{ recommendation: 'review_recommended' }, 'executed'],
    [{ recommendation: 'proceed_with_caution' }, 'executed'],
    [{ recommendation: 'proceed' }, 'executed'],
    [{ recommendation: 'who knows' }, 'executed'],
    [{ allowed: true }, 'executed'],
    [{ result: 'requires_approval' }, 'approval_required'],
    [{ result: 'blocked', allowed: false }, 'blocked'],
  ])('9: makes of %j: %s', async (answer, status) => {
    const evaluator = { evaluate: async () => ({ request_id: 'act_1', ...answer }), reportOutcome: async () => ({}) }
    const { agent, ran } = await createStage({ guard: { evaluator: evaluator as never } })
    const { execution } = await agent.run(REQUEST)
    expect(execution.last?.status).toBe(status)
    expect(ran).toEqual(status === 'executed' ? [5] : [])
  })

  it('10: follows the fail mode where the server cannot be reached', async () => {
    const evaluator = { ...createScriptedEvaluator(), evaluate: () => Promise.reject(new Error('server away')) }
    const closed = await createStage({ guard: { evaluator } })
    expect((await closed.agent.run(REQUEST)).execution.last).toMatchObject({
      status: 'blocked',
      request_id: null,
      recommendation: 'do_not_proceed',
      enforcement_mode: 'advisory',
      decision: { allowed: false, result: 'blocked', reason: expect.stringContaining('server away') },
    })
    expect(closed.ran).toEqual([])
    const open = await createStage({ guard: { evaluator, failMode: 'open' } })
    expect((await open.agent.run(REQUEST)).execution.last).toMatchObject({
      status: 'executed',
      recommendation: 'proceed',
      enforcement_mode: 'advisory',
      decision: { allowed: true, result: 'allowed', reason: expect.stringContaining('server away') },
    })
    expect(open.ran).toEqual([5])
  })

  it('11: tries again after 0.5, 1, 2, 4 and 5 s, but not what will not get better', async () => {
    vi.useFakeTimers()
    const at: number[] = []
    const failing = (error: Error) => ({
      ...createScriptedEvaluator(),
      evaluate: () => {
        at.push(Date.now())
        return Promise.reject(error)
      },
    })
    const play = async (error: Error, tool: object = {}) => {
      at.length = 0
      const agent = createGuardedOpenAI({
        guard: { evaluator: failing(error), evaluation: { retries: 5, deadlineMs: 60_000 } },
        client: { responses: { create: async (body) => fakeAnswer(body) } },
        random: () => 0.5,
      })
      agent.registerTool('refund', () => 'refunded', tool)
      const run = agent.run(REQUEST)
      await vi.runAllTimersAsync()
      return (await run).execution.last?.status
    }
    expect(await play(new Error('reset'))).toBe('blocked')
    expect(at.slice(1).map((each, index) => each - (at[index] ?? 0))).toEqual([550, 1050, 2050, 4050, 5050])
    for (const status of [401, 403, 422]) {
      expect(await play(new BighubError(`http_${status}`, 'refused'))).toBe('blocked')
      expect(at).toHaveLength(1)
    }
    const throwing = (): never => {
      throw new Error('no such order')
    }
    for (const option of ['value', 'target', 'metadata']) {
      expect(await play(new Error('never asked'), { [option]: throwing })).toBe('blocked')
      expect(at).toHaveLength(0)
    }
  })

  it('12: sends the same idempotency key with every attempt for a call', async () => {
    const { client: evaluator, evaluations } = await openServer(1)
    const { client } = await startProvider(ONE_CALL)
    const agent = createGuardedOpenAI({ guard: { evaluator, evaluation: { backoffMs: () => 0 } }, client })
    const ran = addRefund(agent)
    await agent.run(REQUEST)
    expect(ran).toEqual([5])
    const keys = evaluations().map((each) => each.idempotencyKey)
    expect(keys).toHaveLength(2)
    expect(keys[0]).toBe(keys[1])
    expect(keys[0]).toBeTruthy()
    await agent.close()
  })

  it('13: evaluates neither unknown tools nor what is no JSON object', async () => {
    const calls = [
      ['a', 'no_such_tool', {}],
      ['b', 'refund', '{"amount": '],
      ['c', 'refund', '[5]'],
      ['d', 'refund', { amount: 'much' }],
      ['e', 'ping', ''],
    ] as const
    const { agent, evaluator, ran, outcomes } = await createStage({ turns: [{ calls }] })
    agent.registerTool('ping', (args) => args)
    const { execution } = await agent.run(REQUEST)
    expect(execution.events.map(({ status, error }) => [status, error])).toEqual([
      ['blocked', 'there is no tool "no_such_tool"'],
      ['tool_error', 'the arguments are no valid JSON'],
      ['tool_error', 'the arguments are no JSON object'],
      ['tool_error', expect.stringContaining('amount: ')],
      ['executed', null],
    ])
    expect(execution.last?.output).toEqual({})
    expect(evaluator.requests.map((each) => each.action)).toEqual(['ping'])
    expect(ran).toEqual([])
    expect(await outcomes()).toEqual(['SUCCESS'])
  })
})

describe('execution and loop', () => {
  it('14: knows exactly four statuses', async () => {
    const calls = ['run', 'stop', 'ask', 'fail'].map((name) => [name, name, {}] as const)
    const { agent } = await createStage({ turns: [{ calls }], answers: { stop: BLOCK, ask: HOLD } })
    for (const [name] of calls) agent.registerTool(name, () => (name === 'fail' ? Promise.reject(new Error('x')) : 1))
    const { execution } = await agent.run(REQUEST)
    expect(execution.events.map((each) => each.status)).toEqual([
      'executed',
      'blocked',
      'approval_required',
      'tool_error',
    ])
  })

  it('15: goes on after a tool that throws or rejects', async () => {
    const { agent, provider } = await createStage({
      turns: [
        {
          calls: [
            ['a', 'now', {}],
            ['b', 'later', {}],
            ['c', 'refund', { amount: 5 }],
          ],
        },
      ],
    })
    agent
      .registerTool('now', () => {
        throw new TypeError('the shop is closed')
      })
      .registerTool('later', () => Promise.reject('just text'))
    const { execution, output_text } = await agent.run(REQUEST)
    expect(output_text).toBe('done')
    expect(execution.events.map(({ status, error }) => [status, error])).toEqual([
      ['tool_error', 'the shop is closed'],
      ['tool_error', 'just text'],
      ['executed', null],
    ])
    expect(readOutputs(provider.requests[1])).toMatchObject({
      a: { status: 'tool_error', error: 'the shop is closed' },
    })
  })

  it.each(['responses', 'chat_completions'] as const)(
    '16: gives the model one record a call, in order, safe unless asked otherwise (%s)',
    async (api) => {
      const cyclic: Record<string, unknown> = { size: 10n }
      cyclic['self'] = cyclic
      const calls = [
        ['a', 'refund', { amount: 5 }],
        ['b', 'stop', {}],
        ['c', 'odd', {}],
        ['d', 'ask', {}],
      ] as const
      const script = { api, turns: [{ calls }], answers: { refund: RICH as never, stop: BLOCK, ask: HOLD } } as const
      const play = async (modelView: 'safe' | 'full') => {
        const stage = await createStage({ ...script, guard: { modelView } })
        for (const name of ['stop', 'ask']) stage.agent.registerTool(name, () => 1)
        stage.agent.registerTool('odd', () => cyclic)
        const { execution } = await stage.agent.run(REQUEST)
        return { read: readOutputs(stage.provider.requests[1]), events: execution.events }
      }
      const safe = await play('safe')
      expect(Object.keys(safe.read)).toEqual(['a', 'b', 'c', 'd'])
      const nothing = Object.fromEntries(KEYS.map((key) => [key, null]))
      expect(safe.read).toEqual({
        a: { ...nothing, status: 'executed', output: 'refunded 5', recommendation: 'proceed' },
        b: {
          ...nothing,
          status: 'blocked',
          error: expect.stringContaining('"stop" was not executed'),
          recommendation: 'do_not_proceed',
        },
        c: { ...nothing, status: 'executed', output: expect.stringContaining('"10"'), recommendation: 'proceed' },
        d: {
          ...nothing,
          status: 'approval_required',
          error: expect.stringContaining('A person has to approve'),
          recommendation: HOLD,
        },
      })
      expect(JSON.stringify(safe.read)).not.toMatch(/0\.87|max-refund|0\.31|at .*\.ts/)
      expect(safe.events[1]).toMatchObject({ risk_score: 0.873, decision: { reason: BLOCK.reason } })
      const full = await play('full')
      expect(Object.keys(full.read['a'] ?? {})).toEqual(KEYS)
      expect(full.read['b']).toMatchObject({ status: 'blocked', error: null, risk_score: 0.873, decision: BLOCK })
    },
  )

  it('16: adds the note of a call that ran with caution', async () => {
    const { agent, provider } = await createStage({ answers: { refund: 'proceed_with_caution' } })
    await agent.run(REQUEST)
    expect(readOutputs(provider.requests[1])['call_1']).toMatchObject({
      output: 'refunded 5',
      note: expect.stringMatching(/caution/),
    })
  })

  it('17: shows packet and bands where the answer has them, and no risk that is no number', async () => {
    const stage = await createStage({ answers: { refund: RICH as never }, guard: { modelView: 'full' } })
    const facts = {
      decision_packet: { signal: { risk_band: 'low', confidence_zone: 'known', regret_band: 'small' } },
      risk_band: 'low',
      confidence_zone: 'known',
      regret_band: 'small',
      trajectory_health: { state: 'steady' },
    }
    const { execution } = await stage.agent.run(REQUEST)
    expect(execution.last).toMatchObject(facts)
    expect(readOutputs(stage.provider.requests[1])['call_1']).toMatchObject(facts)
    const bare = await createStage({
      answers: { refund: { recommendation: 'proceed', risk_score: 'high', decision_packet: {} } as never },
    })
    expect((await bare.agent.run(REQUEST)).execution.last).toMatchObject({
      risk_score: null,
      decision_packet: null,
      risk_band: null,
      confidence_zone: null,
      regret_band: null,
      trajectory_health: null,
    })
  })

  it('18: sends the whole conversation again where nothing is stored', async () => {
    const turns = [
      { ...ONE_CALL, reasoning: 'c2VjcmV0' },
      { calls: [['call_2', 'refund', { amount: 6 }]] as const, reasoning: null },
    ]
    const { agent, provider } = await createStage({ turns })
    const rest = { instructions: 'Be kind.', temperature: 0.2, extra: { top_p: 0.9, tools: [{ type: 'web_search' }] } }
    await agent.run({ ...REQUEST, ...rest })
    for (const { body } of provider.requests) {
      expect(body).toMatchObject({ store: false, instructions: 'Be kind.', temperature: 0.2, top_p: 0.9 })
      expect(body).not.toHaveProperty('previous_response_id')
      expect((body['tools'] as { type: string }[]).map((tool) => tool.type)).toEqual(['function', 'web_search'])
    }
    const { input } = provider.requests[2]?.body ?? {}
    const types = (input as { type: string }[]).map((item) => item.type)
    // Reasoning that was neither stored nor encrypted cannot be sent again.
    expect(types).toEqual([
      'message',
      'reasoning',
      'function_call',
      'function_call_output',
      'function_call',
      'function_call_output',
    ])
    expect(agent.guard.coverage().unguarded).toEqual([{ tool: 'web_search', reason: 'runs at the model provider' }])
  })

  it('18: refers to the stored answer where the caller stores', async () => {
    const { agent, provider } = await createStage()
    await agent.run({ ...REQUEST, extra: { store: true } })
    expect(provider.requests[1]?.body).toMatchObject({ store: true, previous_response_id: 'resp_1' })
    expect(provider.requests[1]?.body['input']).toEqual([
      { type: 'function_call_output', call_id: 'call_1', output: expect.any(String) },
    ])
  })

  it('18: keeps the messages of Chat Completions', async () => {
    const { agent, provider } = await createStage({ api: 'chat_completions' })
    await agent.run({ ...REQUEST, instructions: 'Be kind.', temperature: 0.2 })
    expect(provider.requests.map((each) => each.path)).toEqual(['/v1/chat/completions', '/v1/chat/completions'])
    expect(provider.requests[1]?.body).toMatchObject({
      temperature: 0.2,
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: REQUEST.input },
        { role: 'assistant', content: null, tool_calls: [{ id: 'call_1' }] },
        { role: 'tool', tool_call_id: 'call_1' },
      ],
    })
  })

  it.each(['responses', 'chat_completions'] as const)('19: lets N rounds pass, and no more (%s)', async (api) => {
    const turns = [1, 2].map((n) => ({ calls: [[`call_${n}`, 'refund', { amount: n }] as const] }))
    const enough = await createStage({ api, turns, maxToolRounds: 2 })
    expect((await enough.agent.run(REQUEST)).output_text).toBe('done')
    for (const mode of ['run', 'runStream'] as const) {
      const { agent, ran } = await createStage({ api, turns, maxToolRounds: 1 })
      const error = await (mode === 'run' ? agent.run(REQUEST) : collect(agent.runStream(REQUEST))).catch(
        (e: unknown) => e,
      )
      expect(error).toBeInstanceOf(ProviderResponseError)
      expect(error).toMatchObject({ failure: 'rounds_exhausted', events: [{ call_id: 'call_1', status: 'executed' }] })
      expect(ran).toEqual([1])
    }
  })

  it('20: returns the last answer in both forms, with the events', async () => {
    const { agent } = await createStage()
    const result = await agent.run(REQUEST)
    expect(result).toMatchObject({
      response_id: 'resp_2',
      output_text: 'done',
      output: [{ type: 'message' }],
      llm_response: { response_id: 'resp_2', output_text: 'done', output: [{ type: 'message' }] },
      execution: { events: [{ call_id: 'call_1' }], last: { call_id: 'call_1' } },
    })
    expect(result).not.toHaveProperty('approval_loop')
    const silent = await createStage({ turns: [] })
    expect((await silent.agent.run(REQUEST)).execution).toEqual({ events: [], last: null })
    const output = [{ content: [{ text: 'one ' }, { text: 'two' }] }, { content: [{ text: ' three' }] }]
    const client = { responses: { create: async () => ({ id: 'r', output_text: '', output }) } }
    const other = await createStage({ client })
    expect((await other.agent.run(REQUEST)).output_text).toBe('one two three')
  })

  it.each(['responses', 'chat_completions'] as const)(
    '21: yields what comes and ends with the result (%s)',
    async (api) => {
      const turns = [ONE_CALL, { text: 'paid back' }]
      const { agent, provider } = await createStage({ api, turns })
      const events = await collect(agent.runStream(REQUEST))
      expect(events.map((each) => each.type)).toEqual([
        'output_item_added',
        'function_call_args_delta',
        'function_call_args_delta',
        'function_call_args_done',
        'response_done',
        'execution_event',
        ...(api === 'responses' ? ['output_item_added'] : []),
        'llm_delta',
        'llm_delta',
        'llm_text_done',
        'response_done',
        'final_response',
      ])
      expect(events[3]).toEqual({
        type: 'function_call_args_done',
        arguments: '{"amount":5}',
        call_id: 'call_1',
        name: 'refund',
        output_index: 0,
        response_id: 'resp_1',
      })
      expect(provider.requests.every(({ body }) => body['stream'] === true)).toBe(true)
      const plain = await (await createStage({ api, turns })).agent.run(REQUEST)
      const last = events.at(-1)
      const streamed = last?.type === 'final_response' ? last.response : undefined
      expect(streamed).toMatchObject({ response_id: plain.response_id, output_text: plain.output_text })
      expect(streamed?.execution.events).toMatchObject([{ status: 'executed', output: 'refunded 5', seq: 0 }])
      expect(Object.keys(streamed ?? {})).toEqual(Object.keys(plain))
    },
  )

  it('21: falls back to plain requests, and hands on what breaks in the middle', async () => {
    const { agent } = await createStage({ client: { responses: { create: async (body) => fakeAnswer(body) } } })
    expect((await collect(agent.runStream(REQUEST))).map((each) => each.type)).toEqual([
      'execution_event',
      'final_response',
    ])
    const broken = await createStage({ turns: [{ ...ONE_CALL, breaks: 'midway' }] })
    const error = await collect(broken.agent.runStream(REQUEST)).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(ProviderResponseError)
    expect(broken.provider.requests).toHaveLength(1)
  })

  it('22: counts 0, 1, 2 over the whole run, the same everywhere', async () => {
    const seen: number[] = []
    const turns = [
      {
        calls: [
          ['a', 'refund', { amount: 1 }],
          ['b', 'refund', { amount: 2 }],
        ] as const,
      },
      ONE_CALL,
    ]
    const { agent, memory } = await createStage({ turns, onDecision: (event) => void seen.push(event.seq) })
    const events = await collect(agent.runStream(REQUEST))
    expect(events.flatMap((each) => (each.type === 'execution_event' ? [each.event.seq] : []))).toEqual([0, 1, 2])
    expect(seen).toEqual([0, 1, 2])
    expect(memory[0]?.events.map((each) => each['seq'])).toEqual([0, 1, 2])
  })
})

describe('the learning loop', () => {
  it('23: takes a call for a new one even where the provider gives its id again', async () => {
    const { agent, ran, outcomes } = await createStage({ turns: [ONE_CALL, ONE_CALL] })
    await agent.run(REQUEST)
    expect(ran).toEqual([5, 5])
    expect(await outcomes()).toEqual(['SUCCESS', 'SUCCESS'])
  })

  it('23: reports how calls ended, and nothing for those that wait or were never judged', async () => {
    const calls = ['run', 'stop', 'ask', 'fail', 'unknown'].map((name) => [name, name, {}] as const)
    const script = { turns: [{ calls }], answers: { stop: BLOCK, ask: HOLD } } as const
    const play = async (guard: object) => {
      const stage = await createStage({ ...script, guard })
      for (const name of ['run', 'stop', 'ask']) stage.agent.registerTool(name, () => 1)
      stage.agent.registerTool('fail', () => Promise.reject(new Error('the shop is closed')))
      await stage.agent.run(REQUEST)
      await stage.outcomes()
      return stage.evaluator.outcomes
    }
    expect(await play({})).toMatchObject([
      { request_id: 'act_1', status: 'SUCCESS' },
      { request_id: 'act_2', status: 'BLOCKED' },
      {
        request_id: 'act_4',
        status: 'FAILURE',
        correction_needed: true,
        details: { error: 'Error: the shop is closed' },
      },
    ])
    expect(await play({ reportOutcomes: false })).toEqual([])
  })

  it('24: says what was known of the call', async () => {
    const { agent, evaluator, outcomes } = await createStage()
    await agent.run(REQUEST)
    await outcomes()
    expect(evaluator.outcomes[0]?.details).toEqual({ tool: 'refund', recommendation: 'proceed', risk_score_was: 0.1 })
  })

  it('25: never waits long for reports, and flush waits for all of them', async () => {
    const gate = Promise.withResolvers<void>()
    const slow = async (): Promise<never> => {
      await gate.promise
      return {} as never
    }
    const evaluator = { ...createScriptedEvaluator(), reportOutcome: slow, actions: { ingestMemory: slow } }
    const { agent } = await createStage({ guard: { evaluator }, memory: { timeoutMs: 100 } })
    expect((await agent.run(REQUEST)).output_text).toBe('done')
    let isFlushed = false
    const flushed = agent.flush().then(() => (isFlushed = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(isFlushed).toBe(false)
    gate.resolve()
    expect(await flushed).toBe(true)
    const failing = { ingestMemory: () => Promise.reject(new Error('full')) }
    const { agent: other } = await createStage({
      guard: { evaluator: { ...createScriptedEvaluator(), actions: failing } as never },
    })
    expect((await other.run(REQUEST)).output_text).toBe('done')
  })

  it('26: sends one memory a run, also after one that failed, with secrets masked', async () => {
    const { agent, memory } = await createStage({
      turns: [ONE_CALL, { status: 500 }, {}, { calls: [['call_9', 'login', { password: 'hunter2' }]] }],
      guard: { actor: 'support', domain: 'refunds' },
    })
    agent.registerTool('login', () => 'in')
    await expect(agent.run(REQUEST)).rejects.toThrow('the provider failed')
    await agent.run(REQUEST)
    expect(memory).toHaveLength(1)
    expect(memory[0]).toMatchObject({
      source: 'openai_adapter',
      source_version: `bighub-openai@${VERSION}`,
      actor: 'support',
      domain: 'refunds',
      model: 'gpt-test',
      trace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      redact: true,
      redaction_policy: 'default',
      events: [
        { tool: 'refund', arguments: { amount: 5 }, output: 'refunded 5', decision: { recommendation: 'proceed' } },
      ],
    })
    await agent.run(REQUEST)
    expect(memory[1]?.events[0]).toMatchObject({ tool: 'login', arguments: { password: '[masked]' } })
    const quiet = await createStage({ memory: { enabled: false } })
    await quiet.agent.run(REQUEST)
    expect(quiet.memory).toEqual([])
  })

  it('26: is stored by a real server', async () => {
    const { client: evaluator } = await openServer()
    const { client } = await startProvider(ONE_CALL)
    const agent = createGuardedOpenAI({ guard: { evaluator }, client })
    addRefund(agent)
    await agent.run(REQUEST)
    await agent.close()
    expect(await evaluator.actions.memoryContext({ source: 'openai_adapter' })).toMatchObject({ total_events: 1 })
  })

  it('27: shows the hook every call once, and does not mind what it throws', async () => {
    const seen: ToolExecutionEvent[] = []
    const hooks = [
      (event: ToolExecutionEvent): never => {
        seen.push(event)
        throw new Error('hook')
      },
      async (event: ToolExecutionEvent): Promise<never> => {
        seen.push(event)
        throw new Error('hook')
      },
    ]
    for (const onDecision of hooks) {
      const { agent } = await createStage({ onDecision })
      const { execution } = await agent.run(REQUEST)
      expect(seen.splice(0)).toEqual(execution.events)
    }
  })
})

describe('approvals', () => {
  it('28: needs nobody where nothing is held', async () => {
    const { agent } = await createStage()
    expect((await agent.runWithApproval(REQUEST)).approval_loop).toEqual({
      required: false,
      resolved: false,
      resumed: false,
    })
  })

  it('28: says so where a held call has no decision that could be answered', async () => {
    const evaluate = async () => ({ result: 'requires_approval' })
    const { agent } = await createStage({
      guard: { evaluator: { evaluate, reportOutcome: async () => ({}) } as never },
    })
    const asked = vi.fn<() => undefined>()
    expect((await agent.runWithApproval(REQUEST, asked)).approval_loop).toEqual({
      required: true,
      resolved: false,
      resumed: false,
      error: 'missing_request_id',
    })
    expect(asked).not.toHaveBeenCalled()
  })

  it('28: leaves a call held that nobody answers', async () => {
    const { agent, evaluator, outcomes } = await createStage({
      answers: { refund: HOLD },
      turns: [ONE_CALL, {}, ONE_CALL],
    })
    const open = { required: true, resolved: false, resumed: false }
    expect((await agent.runWithApproval(REQUEST)).approval_loop).toEqual({ ...open, request_id: 'act_1' })
    expect((await agent.runWithApproval(REQUEST, () => undefined)).approval_loop).toMatchObject(open)
    expect(await evaluator.getApproval('act_1')).toMatchObject({ status: 'pending' })
    expect(await outcomes()).toEqual([])
  })

  it('28: asks about the last held call, and runs it on a yes', async () => {
    const calls = [
      ['a', 'refund', { amount: 1 }],
      ['b', 'refund', { amount: 2 }],
    ] as const
    const { agent, ran, provider } = await createStage({ answers: { refund: HOLD }, turns: [{ calls }] })
    const asked: string[] = []
    const { approval_loop, execution } = await agent.runWithApproval(REQUEST, ({ request_id, event, response }) => {
      asked.push(request_id, event.call_id, response.output_text)
      return { comment: 'fine' }
    })
    expect(asked).toEqual(['act_2', 'b', 'done'])
    expect(ran).toEqual([2])
    expect(readOutputs(provider.requests[1])).toMatchObject({ b: { status: 'approval_required' } })
    expect(approval_loop).toMatchObject({
      required: true,
      resolved: true,
      resumed: true,
      request_id: 'act_2',
      tool_output: 'refunded 2',
      approval: { status: 'approved', comment: 'fine' },
    })
    expect(execution.last).toMatchObject({ seq: 2, call_id: 'b', status: 'executed' })
  })

  it('28: runs an approved call once, with the arguments that were shown', async () => {
    const { agent, ran } = await createStage({ answers: { refund: HOLD } })
    await agent.run(REQUEST)
    const call = { tool: 'refund', requestId: 'act_1' }
    await expect(agent.resumeAfterApproval({ ...call, arguments: { amount: 500 } })).rejects.toThrow('arguments')
    await expect(agent.resumeAfterApproval({ ...call, requestId: 'act_7' })).rejects.toThrow('act_7')
    expect(await agent.resumeAfterApproval({ ...call, arguments: { amount: 5 } })).toMatchObject({ resumed: true })
    expect(await agent.resumeAfterApproval(call)).toMatchObject({ resumed: true, tool_output: 'refunded 5' })
    expect(ran).toEqual([5])
  })

  it('28: goes on with a call that another process held, also as a reviewer has changed it', async () => {
    const file = temporaryFile()
    const first = openEngine(file)
    await first.constraints.create({ name: 'Refunds', require_approval_above: 1 })
    const { client } = await startProvider({
      calls: [
        ['a', 'refund', { amount: 5 }],
        ['b', 'refund', { amount: 6 }],
      ],
    })
    const before = createGuardedOpenAI({ guard: { evaluator: first }, client })
    addRefund(before)
    const { execution } = await before.run(REQUEST)
    await before.close()
    const after = createGuardedOpenAI({ guard: { evaluator: openEngine(file) }, client })
    const ran = addRefund(after)
    const [a = '', b = ''] = execution.events.map((event) => event.request_id ?? undefined)
    expect(await after.resumeAfterApproval({ tool: 'refund', requestId: a, arguments: { amount: 5 } })).toMatchObject({
      resumed: true,
      tool_output: 'refunded 5',
    })
    const changed = { tool: 'refund', requestId: b, edited: { amount: 1 }, resolvedBy: 'ana' }
    expect(await after.resumeAfterApproval(changed)).toMatchObject({
      resumed: true,
      tool_output: 'refunded 1',
      event: { arguments: { amount: 1 } },
    })
    expect(ran).toEqual([5, 1])
    await after.close()
  })

  it('29: does not run a call that was denied', async () => {
    const { agent, ran, outcomes } = await createStage({ answers: { refund: HOLD } })
    const { approval_loop } = await agent.runWithApproval(REQUEST, () => ({ resolution: 'denied', resolvedBy: 'ana' }))
    expect(approval_loop).toMatchObject({
      required: true,
      resolved: true,
      resumed: false,
      approval: { status: 'denied', resolved_by: 'ana' },
    })
    expect(ran).toEqual([])
    expect(await outcomes()).toEqual(['BLOCKED'])
  })

  it('30: reports and remembers what an approved call came to, also when it throws', async () => {
    const { agent, memory, outcomes } = await createStage({
      answers: { fail: HOLD },
      turns: [{ calls: [['a', 'fail', {}]] }],
    })
    agent.registerTool('fail', () => Promise.reject(new Error('the shop is closed')))
    const { approval_loop } = await agent.runWithApproval(REQUEST, () => ({}))
    expect(approval_loop).toMatchObject({ resumed: true, error: 'the shop is closed', event: { status: 'tool_error' } })
    expect(await outcomes()).toEqual(['FAILURE'])
    expect(memory.map(({ events }) => events.map((each) => each['status']))).toEqual([
      ['approval_required'],
      ['tool_error'],
    ])
    expect(memory[0]?.['trace_id']).toBe(memory[1]?.['trace_id'])
  })

  it('31: looks the tool up before the approval is used', async () => {
    const { agent, evaluator } = await createStage({ answers: { refund: HOLD } })
    await agent.run(REQUEST)
    await expect(agent.resumeAfterApproval({ tool: 'refnud', requestId: 'act_1' })).rejects.toThrow(
      '"refnud" is not registered',
    )
    expect(await evaluator.getApproval('act_1')).toMatchObject({ status: 'pending' })
  })
})

describe('the provider', () => {
  it('32: tries connection errors, timeouts and rate limits again, with growing waits', async () => {
    const waits: number[] = []
    const delay = async (ms: number): Promise<void> => void waits.push(ms)
    const broken = [{ breaks: 'at once' }, { status: 429 }, { status: 429 }, { status: 429 }, { status: 429 }] as const
    const { agent, provider } = await createStage({
      turns: broken,
      delay,
      random: () => 0.5,
      provider: { maxRetries: 5 },
    })
    expect((await agent.run(REQUEST)).output_text).toBe('done')
    expect(provider.requests).toHaveLength(6)
    expect(waits).toEqual([300, 550, 1050, 2050, 2050])
    const timedOut = await createStage({
      client: failingClient(new APIConnectionTimeoutError()),
      delay,
      provider: { maxRetries: 1 },
    })
    waits.length = 0
    await expect(timedOut.agent.run(REQUEST)).rejects.toMatchObject({
      failure: 'failed',
      cause: expect.any(APIConnectionError),
    })
    expect(waits).toHaveLength(1)
  })

  it('32: fails at once with everything else, and keeps the cause', async () => {
    for (const status of [400, 401, 500, 503]) {
      const { agent, provider } = await createStage({ turns: [{ status }] })
      const error = await agent.run(REQUEST).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(ProviderResponseError)
      expect(error).toMatchObject({ code: 'provider_failed', cause: { status } })
      expect(provider.requests).toHaveLength(1)
    }
    const { agent } = await createStage({ turns: [{ status: 429 }], provider: { maxRetries: 0 } })
    await expect(agent.run(REQUEST)).rejects.toMatchObject({ cause: expect.any(RateLimitError) })
    const invalid = await createStage({
      turns: [{ answer: { id: 'r', status: 'failed', error: { message: 'overloaded' }, output: [] } }],
    })
    await expect(invalid.agent.run(REQUEST)).rejects.toThrow('overloaded')
  })

  it('33: stops asking after failures in a row, and begins anew when the time is over', async () => {
    let now = 0
    const fail = { status: 500 }
    const turns = [fail, {}, fail, fail, fail, {}]
    const { agent, provider } = await createStage({
      turns,
      now: () => now,
      provider: { breakerFailures: 2, breakerResetMs: 1000 },
    })
    const play = () =>
      agent.run(REQUEST).then(
        () => 'ok',
        (error: ProviderResponseError) => error.failure,
      )
    // A success in between counts anew, and so does the end of the pause.
    expect([await play(), await play(), await play(), await play()]).toEqual(['failed', 'ok', 'failed', 'failed'])
    now = 999
    expect(await play()).toBe('circuit_open')
    expect(provider.requests).toHaveLength(4)
    now = 1000
    expect([await play(), await play()]).toEqual(['failed', 'ok'])
    const never = await createStage({ turns: [fail, fail, fail] })
    const asked = () => never.agent.run(REQUEST).catch((error: ProviderResponseError) => error.failure)
    expect([await asked(), await asked(), await asked()]).toEqual(['failed', 'failed', 'failed'])
  })

  it('34: closes what it made itself, and nothing that was handed in', async () => {
    const { agent } = await createStage()
    await agent.close()
    await agent.close()
    await expect(agent.run(REQUEST)).rejects.toThrow('the guard is closed')
    const evaluator = createScriptedEvaluator()
    const guard = createGuard({ evaluator })
    const { client } = await startProvider(ONE_CALL)
    const other = createGuardedOpenAI({ guard, client })
    addRefund(other)
    await other.close()
    expect((await other.run(REQUEST)).execution.last).toMatchObject({ status: 'executed' })
  })

  it('35: says what would happen to a call, and runs nothing', async () => {
    const { agent, evaluator, ran } = await createStage({
      answers: { stop: BLOCK, ask: { recommendation: HOLD, human_review: true } },
    })
    for (const name of ['stop', 'ask']) agent.registerTool(name, () => 1)
    expect(await agent.checkTool('refund', { amount: 5 })).toMatchObject({
      recommendation: 'proceed',
      _resolved_action: 'execute',
    })
    expect(await agent.checkTool('stop', {})).toMatchObject({ ...BLOCK, _resolved_action: 'blocked' })
    expect(await agent.checkTool('ask', {})).toMatchObject({ _resolved_action: 'approval_required' })
    expect(evaluator.requests.map((each) => each.dry_run)).toEqual([true, true, true])
    expect(evaluator.requests[0]?.context?.session_id).toBe(agent.options.sessionId)
    await expect(agent.checkTool('refnud', {})).rejects.toThrow('"refnud" is not registered')
    expect(ran).toEqual([])
    const away = { ...createScriptedEvaluator(), evaluate: () => Promise.reject(new EvaluatorError('failed', 'away')) }
    const closed = await createStage({ guard: { evaluator: away } })
    expect(await closed.agent.checkTool('refund', { amount: 5 })).toMatchObject({
      recommendation: 'do_not_proceed',
      _resolved_action: 'blocked',
    })
  })
})

/** A provider without streaming: one call of the tool, then the end. */
function fakeAnswer(body: { readonly input: unknown }): object {
  const isFirst = typeof body.input === 'string'
  const call = { type: 'function_call', call_id: 'call_1', name: 'refund', arguments: '{"amount":5}' }
  return { id: 'resp_1', output_text: isFirst ? '' : 'done', output: isFirst ? [call] : [] }
}

function failingClient(error: Error) {
  return {
    responses: {
      create: async (): Promise<never> => {
        throw error
      },
    },
  }
}
