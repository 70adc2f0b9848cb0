import { ConfigurationError } from '@bighub/core/protocol'
import { parseNetwork } from '../network-list.ts'
import type { WebhookSenderOptions } from './webhook-sender.ts'

export interface WebhookOptions extends Pick<WebhookSenderOptions, 'allow' | 'schedule' | 'post' | 'resolve'> {
  /** Whether what is due is sent from here; tests are sent in any case. @defaultValue true */
  readonly isSending?: boolean
}

/** @throws ConfigurationError naming the entry of `allow` that is neither an address nor a network. */
export function assertWebhookOptions({ allow = [] }: WebhookOptions): void {
  try {
    for (const entry of allow) parseNetwork(entry)
  } catch (error) {
    throw new ConfigurationError('webhooks.allow', (error as RangeError).message, { cause: error })
  }
}
