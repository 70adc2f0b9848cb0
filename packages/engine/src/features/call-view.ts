import { hashShort, hashText, mix } from '../math/hash.ts'
import type { ActionFacts } from './action-facts.ts'
import { TOKEN } from './token-names.ts'
import { type VerbClass, verbClassOf } from './verb-class.ts'

/** Most actions whose hashes are remembered. */
const MAX_ACTIONS = 20_000
/** Longest part of a target that counts, and longest target worth remembering. */
const TARGET_LENGTH = 80
const SHORT_TARGET = 24
/** Steps of a run that are told apart. */
const MAX_STEP = 15

/** What never changes about an action's name. */
export interface NameHashes {
  readonly action: number
  readonly verb: VerbClass
  readonly verbHash: number
  readonly words: readonly number[]
}

/** Who does what, where and after what, in hashes: the parts that most tokens and contexts are made of. */
export interface CallView {
  readonly name: NameHashes
  readonly action: number
  readonly actor: number
  readonly domain: number
  readonly target: number
  readonly hasTarget: boolean
  readonly isMutating: boolean
  readonly mutating: number
  readonly previous: number
  readonly previousButOne: number
  readonly step: number
  readonly errors: number
}

export function viewOf(facts: ActionFacts): CallView {
  const name = nameHashes(facts.action)
  const target = facts.target ?? ''
  const { previousActions, step, errors } = facts.run
  const [last, lastButOne] = [previousActions.at(-1), previousActions.at(-2)]
  const isMutating = changesSomething(facts, name.verb)
  return {
    name,
    action: name.action,
    actor: mix(TOKEN.actor, hashShort(facts.actor)),
    domain: mix(TOKEN.domain, hashShort(facts.domain ?? '')),
    target: mix(
      TOKEN.target,
      target.length > SHORT_TARGET ? hashText(target.slice(0, TARGET_LENGTH)) : hashShort(target),
    ),
    hasTarget: target !== '',
    isMutating,
    mutating: isMutating ? TOKEN.mutating : TOKEN.reading,
    previous: last === undefined ? TOKEN.previous : mix(TOKEN.previous, hashShort(last)),
    previousButOne: lastButOne === undefined ? TOKEN.previousButOne : mix(TOKEN.previousButOne, hashShort(lastButOne)),
    step: Math.min(step, MAX_STEP),
    errors,
  }
}

/** Where nobody said it, annotations do, then the name; what is unknown may change something. */
function changesSomething({ mutating, annotations }: ActionFacts, verb: VerbClass): boolean {
  if (mutating !== null) return mutating
  if (annotations?.readOnlyHint !== undefined) return !annotations.readOnlyHint
  if (annotations?.destructiveHint) return true
  return verb !== 'read' && verb !== 'browse' && verb !== 'talk'
}

let names = new Map<string, NameHashes>()

function nameHashes(action: string): NameHashes {
  const known = names.get(action)
  if (known) return known
  const verb = verbClassOf(action)
  const found = {
    action: hashText(`A${action}`),
    verb,
    verbHash: hashText(`verb${VERB_CODES[verb]}`),
    words: [...new Set(nameWords(action))].map((word) => hashText(`aw${word}`)),
  }
  if (names.size >= MAX_ACTIONS) names = new Map()
  names.set(action, found)
  return found
}

/** Words of two characters or more: `refundOrder` has two. */
function nameWords(action: string): string[] {
  return action
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 1)
}

const VERB_CODES: Readonly<Record<VerbClass, string>> = {
  read: 'r',
  create: 'c',
  update: 'u',
  delete: 'd',
  send: 's',
  pay: 'p',
  grant: 'g',
  execute: 'x',
  browse: 'w',
  talk: 't',
  unknown: '?',
}
