import { expect, it } from 'vitest'
import { href, readLocation } from './location.ts'

it('reads back what was written, whatever stands in it', () => {
  const address = href(['trajectories', 'run/1 & 2?'], { q: 'a=b&c', action: null, actor: '' })
  expect(address).toBe('#/trajectories/run%2F1%20%26%202%3F?q=a%3Db%26c')
  const { segments, query } = readLocation(address)
  expect(segments).toEqual(['trajectories', 'run/1 & 2?'])
  expect([...query]).toEqual([['q', 'a=b&c']])
})

it('takes an address that nobody wrote so for what it is', () => {
  expect(readLocation('').segments).toEqual([])
  expect(readLocation('#/decisions/%zz').segments).toEqual(['decisions', '%zz'])
})
