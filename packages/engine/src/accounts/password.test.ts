import { scryptSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { hashPassword, verifyPassword } from './password.ts'

describe('a password', () => {
  it('is kept as scrypt with the parameters of OWASP and a salt of its own, as anybody can work out again', async () => {
    const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])
    expect(one).not.toBe(other)
    const [, name, parameters, salt = '', hash] = one.split('$')
    expect([name, parameters]).toEqual(['scrypt', 'ln=17,r=8,p=1'])
    expect(Buffer.from(salt, 'base64url')).toHaveLength(16)
    const options = { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 }
    const again = scryptSync('correct horse', Buffer.from(salt, 'base64url'), 32, options)
    expect(again.toString('base64url')).toBe(hash)
    await expect(verifyPassword('correct horse', one)).resolves.toBe(true)
    await expect(verifyPassword('Correct horse', one)).resolves.toBe(false)
  })

  it('is found with the parameters that it was stored with', async () => {
    const salt = Buffer.alloc(16, 7)
    const hash = scryptSync('old one', salt, 32, { N: 2 ** 10, r: 8, p: 1 }).toString('base64url')
    const stored = `$scrypt$ln=10,r=8,p=1$${salt.toString('base64url')}$${hash}`
    await expect(verifyPassword('old one', stored)).resolves.toBe(true)
    await expect(verifyPassword('new one', stored)).resolves.toBe(false)
  })

  it('is the same in either Unicode form', async () => {
    const stored = await hashPassword('gr\u00f6\u00dfe der Stadt')
    await expect(verifyPassword('gro\u0308\u00dfe der Stadt', stored)).resolves.toBe(true)
  })

  it('of nobody is wrong', async () => {
    await expect(verifyPassword('', null)).resolves.toBe(false)
  })
})
