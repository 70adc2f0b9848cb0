import { hashText } from '../../packages/engine/src/math/hash.ts'
import { hashAxes, type PrecedentCase } from '../../packages/engine/src/precedents/precedent-case.ts'
import { normal, type Random, zipf } from './random-draws.ts'

const START = Date.parse('2026-01-01T00:00:00Z')
const SPAN_MS = 365 * 86_400_000
const FIELDS = 12

/**
 * What an index likes least: one action in one domain with twelve independent fields of fifty values each, actors and targets by
 * Zipf's law, so that nothing is rare enough to be found by and nothing so common that it can be left out.
 *
 * @param progress - In [0, 1]: how late it is.
 */
export function skewedCase(random: Random, progress: number): PrecedentCase {
  return {
    action: 'pay_invoice',
    tool: hashText('pay_invoice'),
    actor: hashText(`actor ${zipf(random, 1000)}`),
    domain: hashText('finance'),
    target: hashText(`target ${zipf(random, 100_000)}`),
    run: 0,
    value: Math.exp(4 + 2 * normal(random)),
    risk: random() ** 3,
    axes: hashAxes({ reversibility: [0.1, 0.5, 0.9][zipf(random, 3)] ?? 0.1 }),
    fields: Array.from({ length: FIELDS }, (_, field) => hashText(`${field}=${zipf(random, 50)}`)),
    at: new Date(START + SPAN_MS * progress).toISOString(),
  }
}
