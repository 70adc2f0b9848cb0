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
  | 'browse'
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
    'inspect',
  ],
  create: ['create', 'add', 'insert', 'reserve', 'book', 'schedule', 'invite', 'make', 'append', 'order'],
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
    'chat',
    'tweet',
    'notify',
    'upload',
  ],
  pay: ['pay', 'transfer', 'buy', 'purchase', 'withdraw', 'refund', 'charge', 'payout'],
  grant: ['grant', 'allow', 'unlock', 'disable', 'approve', 'dispatch', 'promote'],
  execute: ['run', 'execute', 'exec', 'bash', 'ipython', 'eval', 'shell', 'install', 'download', 'deploy'],
  browse: ['browse', 'goto', 'navigate', 'click', 'fill'],
  talk: ['think', 'finish', 'final', 'answer', 'ask'],
}

const CLASS_OF: ReadonlyMap<string, VerbClass> = new Map(
  Object.entries(VERBS).flatMap(([name, verbs]) => verbs.map((verb) => [verb, name as VerbClass] as const)),
)

/** Verbs long enough to be recognised at the start of a word: `reserved`, `invitation`. */
const STEMS = [...CLASS_OF].filter(([verb]) => verb.length >= 4)

/** Names whose class is remembered: an application has few, and asks for them at every call. */
const MOST_KNOWN = 4000
const known = new Map<string, VerbClass>()

/** The class of the first verb in an action's name (`refundOrder`, `delete-user`), else of the first word that begins with one. */
export function verbClassOf(action: string): VerbClass {
  const before = known.get(action)
  if (before !== undefined) return before
  if (known.size >= MOST_KNOWN) known.clear()
  const found = readVerb(action)
  known.set(action, found)
  return found
}

function readVerb(action: string): VerbClass {
  const words = action
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z]+/)
  for (const word of words) {
    const found = CLASS_OF.get(word)
    if (found) return found
  }
  for (const word of words) {
    const stem = STEMS.find(([verb]) => word.startsWith(verb))
    if (stem) return stem[1]
  }
  return 'unknown'
}
