import { SqliteStorage } from '../../src/storage/sqlite/sqlite-storage.ts'
import { WebhookSender } from '../../src/webhooks/webhook-sender.ts'

// A process that sends webhooks from the file it is given until it is killed.
const [, , file = ''] = process.argv
const storage = new SqliteStorage({ file, organisation: 'default', durability: 'process' })
const sender = new WebhookSender({ storage, allow: ['127.0.0.1'], recordDisabled: async () => undefined })
sender.start()
setInterval(() => undefined, 60_000)
