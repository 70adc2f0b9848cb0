import type { DecisionApi } from '@bighub/core/protocol'
import { createResource } from '../resource.ts'
import type { Approvals } from './approvals.ts'

/** Requests to people and their answers (protocol §7.13, §12). Who answered comes from the options, never from the body. */
export function createApprovalsApi(approvals: Approvals): DecisionApi['approvals'] {
  return createResource('approvals', {
    list: (query) => approvals.list({ status: query.status === 'all' ? null : query.status, limit: query.limit }),
    resolve: (requestId, body, options) =>
      approvals.resolve(requestId, body, options.by === undefined ? {} : { resolvedBy: options.by }),
    get: (requestId, query, options) =>
      approvals.get(requestId, {
        waitMs: (query.wait_s ?? 0) * 1000,
        ...(options.signal ? { signal: options.signal } : {}),
      }),
    consume: (requestId, body) => approvals.consume(requestId, body),
    cancel: (requestId, body) => approvals.cancel(requestId, body),
  })
}
