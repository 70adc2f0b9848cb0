import { describe, expect, it } from 'vitest'
import type { PeerDecision } from '../peer.ts'
import { FeatureReader } from '../peer-features.ts'
import { hierarchicalMean } from './hierarchical-mean.ts'

const features = new FeatureReader().read({ action: 'pay' })

function decision(action: string, target: string, actor = 'a'): PeerDecision {
  return { action, target, actor, features }
}

describe('the hierarchical mean', () => {
  it('draws each level to the one above, as by hand', () => {
    const peer = hierarchicalMean()
    peer.predict(decision('pay', 'x')).learn(1)
    peer.predict(decision('pay', 'y')).learn(0)
    // Base (0.5 + 1)/3 = ½; action (1 + 3·½)/5 = ½; target x (1 + 3·½)/4 = 0.625; the same actor once more (1 + 3·0.625)/4.
    expect(peer.predict(decision('pay', 'x')).probability).toBeCloseTo((1 + 3 * 0.625) / 4, 12)
    expect(peer.predict(decision('pay', 'x', 'b')).probability).toBeCloseTo(0.625, 12)
    expect(peer.predict(decision('pay', 'z')).probability).toBeCloseTo(0.5, 12)
    expect(peer.predict(decision('read', 'x')).probability).toBeCloseTo(0.5, 12)
  })
})
