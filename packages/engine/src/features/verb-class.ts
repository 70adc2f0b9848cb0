/** What kind of thing an action's name says it does. */
export type VerbClass =
  | 'read'
  | 'create'
  | 'update'
  | 'delete'
  | 'send'
  | 'pay'
  | 'grant'
  | 'execute'
  | 'talk'
  | 'unknown'

/** Verbs by class, as they occur in names of tools. */
const VERBS: Readonly<Record<Exclude<VerbClass, 'unknown'>, readonly string[]>> = {
  read: [
    'get',
    'read',
    'list',
    'search',
    'find',
    'view',
    'check',
    'fetch',
    'query',
    'calculate',
    'lookup',
    'show',
    'describe',
    'count',
    'browse',
    'inspect',
  ],
  create: ['create', 'add', 'insert', 'reserve', 'book', 'schedule', 'invite', 'make', 'append', 'order', 'open'],
  update: ['update', 'modify', 'edit', 'set', 'change', 'write', 'replace', 'move', 'rename', 'adjust'],
  delete: [
    'delete',
    'remove',
    'cancel',
    'drop',
    'terminate',
    'kill',
    'rm',
    'revoke',
    'close',
    'purge',
    'destroy',
    'wipe',
  ],
  send: [
    'send',
    'post',
    'mail',
    'email',
    'message',
    'reply',
    'share',
    'publish',
    'forward',
    'tweet',
    'notify',
    'upload',
  ],
  pay: ['pay', 'transfer', 'buy', 'purchase', 'withdraw', 'refund', 'charge', 'payout', 'credit'],
  grant: ['grant', 'allow', 'unlock', 'disable', 'enable', 'approve', 'dispatch', 'promote'],
  execute: ['run', 'execute', 'exec', 'bash', 'ipython', 'eval', 'shell', 'install', 'download', 'deploy'],
  talk: ['think', 'finish', 'final', 'answer', 'respond', 'ask'],
}

const CLASS_OF: ReadonlyMap<string, VerbClass> = new Map(
  Object.entries(VERBS).flatMap(([name, verbs]) => verbs.map((verb) => [verb, name as VerbClass] as const)),
)

/** The class of the first verb in an action's name: `refundOrder`, `delete-user`, `get_price`. */
export function verbClassOf(action: string): VerbClass {
  const words = action
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  for (const word of words) {
    const found = CLASS_OF.get(word)
    if (found) return found
  }
  return 'unknown'
}
