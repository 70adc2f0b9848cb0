import { BighubClient, type ListDecisionsQuery } from '@bighub/core'
import { createEngine } from '@bighub/engine'
import { startServer } from '@bighub/server'
import { fillLog } from './fill-log.ts'

/** Pages that are read of each kind. */
const PAGES = 100

/** Kinds of pages, by what somebody looks for. Rare matches and none are the slow ones. */
const KINDS: Readonly<Record<string, (page: number) => ListDecisionsQuery>> = {
  newest: () => ({}),
  'deep in the log': (page) => ({ cursor: String(10_000 + page * 15_000) }),
  'one actor': (page) => ({ actor: `agent-${page % 40}` }),
  'no such actor': (page) => ({ actor: `nobody-${page}` }),
  'one run': (page) => ({ trajectory_id: `run-${page * 100}` }),
  'one recommendation': (page) => ({ recommendation: page % 2 ? 'review_recommended' : 'do_not_proceed' }),
  'one result': (page) => ({ result: page % 2 ? 'requires_approval' : 'blocked' }),
  'bad outcomes': () => ({ outcome_category: 'negative' }),
  'risk of at least 0.9': () => ({ min_risk_score: 0.9 }),
  'one day': (page) => ({ since: day(page), until: day(page + 1) }),
  'text that is common': () => ({ q: 'deploy' }),
  'text that is rare': (page) => ({ q: `T-${40_000 + page}` }),
  'text that is nowhere': (page) => ({ q: `nothing has this ${page}` }),
  'bad outcomes of one actor': (page) => ({ actor: `agent-${page % 40}`, outcome_category: 'negative' }),
}

/** How long a page of the decision log takes over HTTP, by what is looked for, in a log of so many decisions. Milliseconds. */
export async function measureLogPages(folder: string, decisions: number) {
  await fillLog((options) => createEngine({ ...options, snapshotEvery: 200_000 }), { folder, decisions })
  const server = await startServer({ dataDir: folder, port: 0, rateLimit: 'off' })
  const client = new BighubClient({ baseUrl: server.url, apiKey: server.adminKey ?? '', timeoutMs: 600_000 })
  try {
    // Opens the engine; what that takes is another question.
    await client.decisions.list({ limit: 1 })
    const pages: Record<string, { p50: number; p95: number; max: number }> = {}
    for (const [name, toQuery] of Object.entries(KINDS)) {
      const times: number[] = []
      for (let page = 0; page < PAGES; page++) {
        const started = performance.now()
        await client.decisions.list({ ...toQuery(page), limit: 50 })
        times.push(performance.now() - started)
      }
      pages[name] = summarise(times)
    }
    return { decisions, pages }
  } finally {
    await client.close()
    await server.close()
  }
}

function summarise(times: readonly number[]) {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) * 10) / 10
  return { p50: at(0.5), p95: at(0.95), max: at(1) }
}

function day(number: number): string {
  return new Date(Date.UTC(2026, 0, 1 + number)).toISOString()
}
