import type { BighubClient, DecisionList, DecisionSummary, ListDecisionsQuery } from '@bighub/core'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useClient } from '../api/api-context.ts'
import { useQuery } from '../api/use-query.ts'
import { href, type Location, replaceLocation } from '../routing/location.ts'
import { Badge } from '../ui/badge.tsx'
import { Empty, Loaded, Page } from '../ui/page.tsx'
import { Risk } from '../ui/risk.tsx'
import { Term } from '../ui/term.tsx'
import { Ago } from '../ui/time.tsx'
import { amount, words } from '../words/format.ts'
import { DecisionStory } from './decision-story.tsx'

const PAGE = 50
/** Typing is waited out before the log is searched. */
const TYPING_MS = 250

/** Filters that stand in the address, so that a search can be shared. */
const FILTERS = [
  'q',
  'action',
  'actor',
  'domain',
  'recommendation',
  'result',
  'outcome_category',
  'min_risk',
  'since',
] as const
type Filters = Readonly<Partial<Record<(typeof FILTERS)[number], string | undefined>>>

export function DecisionsPage({ location }: { readonly location: Location }) {
  const [, id] = location.segments
  return id === undefined ? <Log location={location} /> : <DecisionStory id={id} />
}

function Log({ location: { query } }: { readonly location: Location }) {
  const client = useClient()
  const filters: Filters = Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? undefined]))
  const cursor = query.get('cursor')
  const isFiltered = FILTERS.some((name) => filters[name])
  const key = `decisions ${JSON.stringify(filters)} ${cursor}`
  const page = useQuery(key, (signal) => search(client, toQuery(filters, cursor), signal), {
    // Older pages stay as they are: what comes new is on the first one.
    staleOn: ({ event_type }) => cursor === null && /^(?:action_|approval\.|outcome\.)/.test(event_type),
  })
  const change = (changes: Filters): void => replaceLocation(href(['decisions'], { ...filters, ...changes }))

  return (
    <Page title="Decisions" lead="Every judgement that was made, newest first, with what became of it.">
      <FilterBar filters={filters} onChange={change} />
      <Loaded query={page}>
        {({ decisions, next_cursor }) =>
          decisions.length === 0 ? (
            next_cursor !== null ? (
              <Empty title="Nothing matches so far">
                A long log is searched a part at a time.{' '}
                <a href={href(['decisions'], { ...filters, cursor: next_cursor })}>Look further back</a>
              </Empty>
            ) : isFiltered ? (
              <Empty title="Nothing matches">Widen the filter, or look at all decisions.</Empty>
            ) : (
              <Empty title="No decisions yet">
                Put a guard around a tool, or run <code>npx bighub demo</code>. Each call it judges stands here a moment
                later.
              </Empty>
            )
          ) : (
            <>
              <div class="table-panel">
                <table class="stack">
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">Call</th>
                      <th scope="col">Actor</th>
                      <th scope="col" class="number">
                        <Term is="stake">Value</Term>
                      </th>
                      <th scope="col">
                        <Term is="risk">Risk</Term>
                      </th>
                      <th scope="col">
                        <Term is="recommendation">Advice</Term>
                      </th>
                      <th scope="col">
                        <Term is="result">Result</Term>
                      </th>
                      <th scope="col">
                        <Term is="outcome">Outcome</Term>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {decisions.map((decision) => (
                      <DecisionRow key={decision.request_id} decision={decision} />
                    ))}
                  </tbody>
                </table>
              </div>
              <nav class="pager" aria-label="Pages of the log">
                {cursor !== null && (
                  <button type="button" onClick={() => history.back()}>
                    Newer
                  </button>
                )}
                {next_cursor !== null && (
                  <a class="button" href={href(['decisions'], { ...filters, cursor: next_cursor })}>
                    Older
                  </a>
                )}
              </nav>
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

function DecisionRow({ decision }: { readonly decision: DecisionSummary }) {
  const { request_id, action, tool, actor, target, value, domain, risk_score } = decision
  return (
    <tr>
      <td class="nowrap">
        <Ago at={decision.created_at} />
      </td>
      <td>
        <a href={href(['decisions', request_id])}>{tool ?? action}</a>
        <div class="quiet cut-line">{[target, domain].filter(Boolean).join(' · ') || '–'}</div>
      </td>
      <td>{actor}</td>
      <td class="number" data-label="value">
        {amount(value)}
      </td>
      <td class="risk-cell">
        <Risk risk={risk_score} isCompact />
      </td>
      <td>
        <Badge of={decision.recommendation} />
      </td>
      <td>
        <ResultBadge decision={decision} />
      </td>
      <td>
        {decision.outcome_status ? (
          <Badge of={decision.outcome_category ?? ''} label={words(decision.outcome_status)} />
        ) : (
          <span class="quiet">–</span>
        )}
      </td>
    </tr>
  )
}

/** What a held call came to says more than that it was held. */
function ResultBadge({ decision: { result, approval_status, effect_state } }: { readonly decision: DecisionSummary }) {
  if (effect_state === 'unknown') return <Badge of="unknown" label="Unknown" />
  if (approval_status) return <Badge of={approval_status} />
  return <Badge of={result} />
}

const CHOICES = [
  ['recommendation', 'Advice', ['proceed', 'proceed_with_caution', 'review_recommended', 'do_not_proceed']],
  ['result', 'Result', ['allowed', 'requires_approval', 'blocked']],
  ['outcome_category', 'Outcome', ['positive', 'neutral', 'negative', 'none']],
] as const

function FilterBar({
  filters,
  onChange,
}: {
  readonly filters: Filters
  readonly onChange: (changes: Filters) => void
}) {
  const [text, setText] = useState(filters.q ?? '')
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => setText(filters.q ?? ''), [filters.q])
  useEffect(() => () => window.clearTimeout(timer.current), [])
  const exact = (['action', 'actor', 'domain'] as const).filter((name) => filters[name])
  const isAny = FILTERS.some((name) => filters[name])
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label class="wide">
        Search
        <input
          type="search"
          value={text}
          placeholder="Tool, target, actor or id"
          onInput={(event) => {
            const { value } = event.currentTarget
            setText(value)
            window.clearTimeout(timer.current)
            timer.current = window.setTimeout(() => onChange({ q: value.trim() || undefined }), TYPING_MS)
          }}
        />
      </label>
      {CHOICES.map(([name, title, values]) => (
        <label key={name}>
          {title}
          <select value={filters[name] ?? ''} onChange={(event) => onChange({ [name]: event.currentTarget.value })}>
            <option value="">Any</option>
            {values.map((value) => (
              <option key={value} value={value}>
                {words(value)}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label>
        Risk at least
        <select value={filters.min_risk ?? ''} onChange={(event) => onChange({ min_risk: event.currentTarget.value })}>
          <option value="">Any</option>
          {['0.25', '0.5', '0.75'].map((value) => (
            <option key={value} value={value}>
              {Number(value) * 100} %
            </option>
          ))}
        </select>
      </label>
      <label>
        Since
        <input
          type="date"
          value={filters.since ?? ''}
          onChange={(event) => onChange({ since: event.currentTarget.value })}
        />
      </label>
      {isAny && (
        <div class="chips">
          {exact.map((name) => (
            <button key={name} type="button" class="small" onClick={() => onChange({ [name]: undefined })}>
              {words(name)}: {filters[name]} ✕
            </button>
          ))}
          <button
            type="button"
            class="small"
            onClick={() => onChange(Object.fromEntries(FILTERS.map((name) => [name, undefined])))}
          >
            Clear all
          </button>
        </div>
      )}
    </form>
  )
}

/** Parts of the log that are searched for a first match before the person is asked whether to go on. */
const MOST_PARTS = 10

async function search(client: BighubClient, query: ListDecisionsQuery, signal: AbortSignal): Promise<DecisionList> {
  let page = await client.decisions.list(query, { signal })
  for (let part = 1; part < MOST_PARTS && page.decisions.length === 0 && page.next_cursor !== null; part++)
    page = await client.decisions.list({ ...query, cursor: page.next_cursor }, { signal })
  return page
}

function toQuery(
  { min_risk, since, outcome_category, ...filters }: Filters,
  cursor: string | null,
): ListDecisionsQuery {
  const category = (['positive', 'neutral', 'negative', 'none'] as const).find((each) => each === outcome_category)
  return {
    ...Object.fromEntries(Object.entries(filters).filter(([, value]) => value)),
    ...(min_risk ? { min_risk_score: Number(min_risk) } : {}),
    ...(since ? { since: `${since}T00:00:00Z` } : {}),
    ...(category ? { outcome_category: category } : {}),
    ...(cursor === null ? {} : { cursor }),
    limit: PAGE,
  }
}
