import { ApiError, BighubError } from '@bighub/core'

/** Why something could not be read or done, in words for the person. */
export interface Failure {
  readonly title: string
  readonly message: string
  /** Finds the request in the server's log. */
  readonly requestId: string | null
}

/** Reads an error of the client. */
export function describeFailure(error: unknown): Failure {
  if (ApiError.isInstance(error)) {
    const { statusCode, detail, requestId, message } = error
    return { title: titleOf(statusCode), message: detailText(detail) ?? message, requestId }
  }
  const message = error instanceof Error ? error.message : String(error)
  if (!BighubError.isInstance(error)) return { title: 'This does not work', message, requestId: null }
  return { title: 'The server cannot be reached', message, requestId: null }
}

function titleOf(status: number): string {
  if (status === 401) return 'Not signed in any more'
  if (status === 403) return 'Not allowed with this key'
  if (status === 404) return 'There is no such thing here'
  if (status === 409) return 'Somebody else changed this in the meantime'
  return status === 422 ? 'The server did not accept this' : `The server answered ${status}`
}

function detailText(detail: unknown): string | null {
  if (typeof detail === 'string') return detail
  if (Array.isArray(detail)) return detail.map(fieldText).join(' · ') || null
  const { message } = (detail ?? {}) as { readonly message?: unknown }
  return typeof message === 'string' ? message : null
}

function fieldText(field: { readonly loc?: readonly unknown[]; readonly msg?: string }): string {
  const place = (field.loc ?? []).filter((part) => part !== 'body' && part !== 'query').join('.')
  return place === '' ? (field.msg ?? '') : `${place}: ${field.msg}`
}
