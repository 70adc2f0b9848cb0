import { deepStrictEqual, ok } from 'node:assert/strict'
import type { ActionFacts } from '../../src/features/action-facts.ts'
import type { DecisionMoment, Prediction, RecordedPrediction, RiskModel } from '../../src/risk/risk-model.ts'
import { digestOfState } from '../../src/state-digest.ts'
import { facts } from '../support/facts.ts'

/** One thing that every risk model must do. `run` throws where the model does not. */
export interface RiskModelCheck {
  readonly name: string
  run(createModel: () => RiskModel): void
}

/** The n-th decision, made or reported one second after the one before. */
function moment(n: number): DecisionMoment {
  return { key: `act_${n}`, at: n * 1000 }
}

/** The n-th of a few hundred different, repeatable calls. */
function call(n: number): ActionFacts {
  return facts({
    action: ['refund', 'get_order', 'send_mail', 'delete_user'][n % 4] ?? 'refund',
    actor: `agent-${n % 3}`,
    target: `order-${n % 7}`,
    value: (n * 37) % 200,
    arguments: { amount: n % 11, note: `n${n % 5}` },
    context: { tier: ['gold', 'silver'][n % 2], score: n % 13 },
  })
}

/** Lets the model live through decisions, each with its outcome `delay` decisions later. */
function live(model: RiskModel, from: number, to: number, delay = 0): void {
  const open: { recorded: RecordedPrediction; n: number }[] = []
  for (let n = from; n < to; n++) {
    const { recorded } = predict(model, n)
    model.admit(recorded, moment(n))
    open.push({ recorded, n })
    if (open.length <= delay) continue
    const due = open.shift()
    if (due) settle(model, due.recorded, due.n)
  }
  for (const { recorded, n } of open) settle(model, recorded, n)
}

function settle(model: RiskModel, recorded: RecordedPrediction, n: number): void {
  if (n % 9 === 0) model.dismiss(recorded, moment(n))
  else {
    model.learn(recorded, n % 4 === 3 ? 1 : 0, moment(n))
    if (n % 10 === 0) model.learn(recorded, 1, moment(n), n % 4 === 3 ? 1 : 0)
    if (n % 25 === 0) model.dismiss(recorded, moment(n), 1)
  }
}

function predict(model: RiskModel, n: number): Prediction {
  return model.predict(call(n))
}

function digest(model: RiskModel): string {
  return digestOfState(model.snapshot())
}

/** Through JSON, as the log keeps it. */
function fromLog(recorded: RecordedPrediction): RecordedPrediction {
  return JSON.parse(JSON.stringify(recorded)) as RecordedPrediction
}

function assertSound(prediction: Prediction): void {
  const { probability, interval, priorProbability, evidence, confidence, contributions } = prediction
  ok(probability > 0 && probability < 1, `probability ${probability}`)
  ok(priorProbability > 0 && priorProbability < 1, `prior ${priorProbability}`)
  ok(interval[0] >= 0 && interval[0] <= probability, `lower end ${interval[0]} of ${probability}`)
  ok(interval[1] <= 1 && interval[1] >= probability, `upper end ${interval[1]} of ${probability}`)
  ok(evidence >= 0 && Number.isFinite(evidence), `evidence ${evidence}`)
  ok(confidence >= 0 && confidence <= 1, `confidence ${confidence}`)
  for (const { group, log_odds: logOdds, text } of contributions) {
    ok(Number.isFinite(logOdds), `${group} ${logOdds}`)
    ok(text !== '', group)
  }
}

/** What house-style §8 asks of every model behind the engine; any runner can loop over it. */
export const RISK_MODEL_CHECKS: readonly RiskModelCheck[] = [
  {
    name: 'predicting changes nothing and says the same twice',
    run(createModel) {
      const model = createModel()
      live(model, 0, 200)
      const before = digest(model)
      deepStrictEqual(predict(model, 7), predict(model, 7))
      deepStrictEqual(digest(model), before)
    },
  },
  {
    name: 'leaves its inputs as they were',
    run(createModel) {
      const model = createModel()
      const recorded = deepFreeze(fromLog(model.predict(frozenCall(3)).recorded))
      model.admit(recorded, deepFreeze(moment(3)))
      model.learn(recorded, 1, deepFreeze(moment(3)))
      model.learn(recorded, 0, moment(3), 1)
      model.dismiss(recorded, moment(3), 0)
    },
  },
  {
    name: 'gives sound predictions from the first on',
    run(createModel) {
      const model = createModel()
      for (let n = 0; n < 300; n++) {
        assertSound(predict(model, n))
        live(model, n, n + 1)
      }
    },
  },
  {
    name: 'is deterministic: the same calls in the same order give the same state',
    run(createModel) {
      const [a, b] = [createModel(), createModel()]
      live(a, 0, 400, 20)
      live(b, 0, 400, 20)
      deepStrictEqual(digest(a), digest(b))
    },
  },
  {
    name: 'learns from what the log kept exactly as from what it predicted',
    run(createModel) {
      const [a, b] = [createModel(), createModel()]
      for (let n = 0; n < 200; n++) {
        const { recorded } = predict(a, n)
        for (const [model, kept] of [
          [a, recorded],
          [b, fromLog(recorded)],
        ] as const) {
          model.admit(kept, moment(n))
          model.learn(kept, n % 3 === 0 ? 1 : 0, moment(n))
        }
      }
      deepStrictEqual(digest(a), digest(b))
    },
  },
  {
    name: 'goes on from a snapshot exactly as if it had never stopped',
    run(createModel) {
      const [whole, first, second] = [createModel(), createModel(), createModel()]
      live(whole, 0, 150)
      live(first, 0, 150)
      second.restore(structuredClone(first.snapshot()))
      deepStrictEqual(digest(second), digest(whole))
      live(whole, 150, 300)
      live(second, 150, 300)
      deepStrictEqual(digest(second), digest(whole))
      for (let n = 0; n < 20; n++) deepStrictEqual(predict(second, n), predict(whole, n))
    },
  },
  {
    name: 'shares nothing with its snapshots',
    run(createModel) {
      const model = createModel()
      live(model, 0, 100)
      const snapshot = model.snapshot()
      const before = digestOfState(snapshot)
      const other = createModel()
      other.restore(snapshot)
      live(model, 100, 150)
      live(other, 100, 200)
      deepStrictEqual(digestOfState(snapshot), before)
    },
  },
  {
    name: 'replaces all that it knew when it restores',
    run(createModel) {
      const [used, fresh] = [createModel(), createModel()]
      const empty = digest(fresh)
      live(used, 0, 100)
      used.restore(fresh.snapshot())
      deepStrictEqual(digest(used), empty)
    },
  },
  {
    name: 'refuses a snapshot of another model or version',
    run(createModel) {
      for (const snapshot of [
        {},
        null,
        { name: 'another', version: 1 },
        { ...asRecord(createModel().snapshot()), version: 999 },
      ]) {
        let refused = false
        try {
          createModel().restore(snapshot)
        } catch {
          refused = true
        }
        ok(refused, `restored ${JSON.stringify(snapshot)?.slice(0, 60)}`)
      }
    },
  },
  {
    name: 'stays finite at the extremes',
    run(createModel) {
      const model = createModel()
      const extremes = [0, -0, 5e-324, 1e308, -1e308, Number.MAX_SAFE_INTEGER].map((value) =>
        facts({
          action: '\u0000\ud800',
          target: 'x'.repeat(10_000),
          value,
          arguments: Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, value])),
          context: { value, text: '😀'.repeat(500) },
          run: { step: 1e9, errors: 1e9, repeats: 1e9, taint: 3 },
        }),
      )
      for (let round = 0; round < 300; round++)
        for (const [index, extreme] of extremes.entries()) {
          const prediction = model.predict(extreme)
          assertSound(prediction)
          const now = moment(round * extremes.length + index)
          model.admit(prediction.recorded, now)
          model.learn(prediction.recorded, index % 2 === 0 ? 1 : 0, now)
        }
      for (let round = 0; round < 3000; round++) {
        const { recorded } = predict(model, 1)
        model.learn(recorded, 1, moment(1))
      }
      assertSound(predict(model, 1))
    },
  },
  {
    name: 'does not mind the order of arguments and context fields',
    run(createModel) {
      const model = createModel()
      live(model, 0, 100)
      const about = { amount: 3, iban: 'DE02', note: 'thanks' }
      const turned = Object.fromEntries(Object.entries(about).toReversed())
      const learned = model.predict(reading(about)).recorded
      for (let times = 0; times < 10; times++) model.learn(learned, 1, moment(100))
      deepStrictEqual(model.predict(reading(turned)).probability, model.predict(reading(about)).probability)
    },
  },
  {
    name: 'takes new and missing fields as they come',
    run(createModel) {
      const model = createModel()
      live(model, 0, 100)
      for (const fields of [{}, { never: 'seen' }, { amount: 'a word where numbers were' }, { deep: { er: 1 } }])
        assertSound(model.predict(reading(fields)))
    },
  },
  {
    name: 'raises the risk of a call that went wrong, lowers that of one that went well',
    run(createModel) {
      const [bad, good] = [createModel(), createModel()]
      const before = predict(createModel(), 0).probability
      for (let times = 0; times < 5; times++) {
        bad.learn(predict(bad, 0).recorded, 1, moment(times))
        good.learn(predict(good, 0).recorded, 0, moment(times))
      }
      ok(predict(bad, 0).probability > before, 'bad outcomes did not raise the risk')
      ok(predict(good, 0).probability < before, 'good outcomes did not lower the risk')
    },
  },
  {
    name: 'moves towards the corrected label, not away from it',
    run(createModel) {
      const [corrected, stayed] = [createModel(), createModel()]
      for (const model of [corrected, stayed])
        for (let times = 0; times < 5; times++) model.learn(predict(model, 0).recorded, 0, moment(times))
      const { recorded } = predict(corrected, 0)
      corrected.learn(recorded, 0, moment(5))
      stayed.learn(recorded, 0, moment(5))
      corrected.learn(recorded, 1, moment(5), 0)
      ok(predict(corrected, 0).probability > predict(stayed, 0).probability, 'the correction did not raise the risk')
    },
  },
  {
    name: 'takes the dismissal of an open decision for no label',
    run(createModel) {
      const model = createModel()
      live(model, 0, 50)
      const { recorded } = predict(model, 1)
      // What needs no label has advanced with the decision itself.
      model.admit(recorded, moment(50))
      const before = predict(model, 0).probability
      model.dismiss(recorded, moment(50))
      deepStrictEqual(predict(model, 0).probability, before)
    },
  },
  {
    name: 'keeps no words of the request',
    run(createModel) {
      const model = createModel()
      const secret = 'hunter2-very-secret'
      const { recorded } = model.predict(
        facts({
          action: secret,
          actor: secret,
          target: secret,
          arguments: { [secret]: secret },
          context: { a: secret },
        }),
      )
      ok(!JSON.stringify(recorded).includes(secret))
    },
  },
]

/** A call with these arguments and this context. */
function reading(fields: Readonly<Record<string, unknown>>): ActionFacts {
  return facts({ arguments: fields, context: fields })
}

/** Typed arrays cannot be frozen; everything else can. */
function frozenCall(n: number): ActionFacts {
  const { run, ...rest } = call(n)
  return Object.freeze({ ...deepFreeze(rest), run: Object.freeze({ ...run, words: Object.freeze({ ...run.words }) }) })
}

function asRecord(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const each of Object.values(value)) deepFreeze(each)
    Object.freeze(value)
  }
  return value
}
