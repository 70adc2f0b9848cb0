import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useApi } from '../api/api-context.ts'
import type { Failure } from '../api/failure.ts'
import type { Query } from '../api/use-query.ts'
import { CallsBehind } from './calls-behind.tsx'

export interface PageProps {
  readonly title: string
  /** One sentence: what is here. */
  readonly lead?: ComponentChildren
  /** Buttons and links beside the title. */
  readonly tools?: ComponentChildren
  readonly children: ComponentChildren
}

/** What every page has: its title, what it is for, and the API calls behind it. */
export function Page({ title, lead, tools, children }: PageProps) {
  const { calls } = useApi()
  useEffect(() => {
    document.title = `${title} · BIGHUB`
  }, [title])
  return (
    <>
      <header class="page-head">
        <div>
          <h1 tabIndex={-1}>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {tools && <div class="tools">{tools}</div>}
      </header>
      {children}
      <CallsBehind log={calls} />
    </>
  )
}

/** What was read, or why it was not. */
export function Loaded<T>({
  query,
  children,
}: {
  readonly query: Query<T>
  readonly children: (data: T) => ComponentChildren
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.failure) return <FailureNote failure={query.failure} onRetry={query.reload} />
  return (
    <p class="loading" role="status">
      Loading …
    </p>
  )
}

export function FailureNote({ failure, onRetry }: { readonly failure: Failure; readonly onRetry?: () => void }) {
  return (
    <div class="note note-bad" role="alert">
      <strong>{failure.title}.</strong> {failure.message}
      {failure.requestId && (
        <>
          {' '}
          <code>{failure.requestId}</code>
        </>
      )}
      {onRetry && (
        <button type="button" class="small" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Nothing here yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  )
}

/** A part of a page under a heading. */
export function Section({
  title,
  tools,
  children,
}: {
  readonly title: ComponentChildren
  readonly tools?: ComponentChildren
  readonly children: ComponentChildren
}) {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
        {tools && <div class="tools">{tools}</div>}
      </div>
      {children}
    </section>
  )
}
