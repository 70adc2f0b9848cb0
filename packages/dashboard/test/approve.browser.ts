import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeBrowser, openWindow, Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
  await site.client.constraints.create({ name: 'Refunds above 20', domain: 'payments', require_approval_above: 20 })
})
afterAll(async () => {
  await closeBrowser()
  await site.close()
})

describe('a held call', () => {
  it('is approved by keyboard alone, runs in the process that asked, and is judged by its outcome afterwards', async () => {
    const { page, context, complaints } = await openWindow()
    await page.goto(site.link())
    await page.getByText('Nothing waits for you').waitFor()
    const ended = site.startAgent('A-1', 40)

    // Comes by itself, while the page is open.
    await page.getByRole('list', { name: 'Held calls' }).getByText('refund').waitFor()
    await page.keyboard.press('j')
    const card = page.getByRole('article', { name: 'Held call refund' })
    await card.getByText('gift_card').waitFor()
    expect(await card.getByRole('row', { name: /order/ }).textContent()).toContain('user said it')
    expect(site.readLedger()).toBe('')

    await page.keyboard.press('a')
    await page.keyboard.type('checked with the bank')
    await page.keyboard.press('Enter')

    const progress = card.getByRole('list', { name: 'What became of it' })
    await progress.getByText('by local:ana').waitFor()
    await progress.getByText('Succeeded').waitFor()
    await progress.getByText('Success', { exact: true }).waitFor()
    await progress.getByText('the same call would now be judged').waitFor()
    expect(await ended).toBe('executed')
    expect(site.readLedger()).toBe('A-1 40\n')

    const [answered] = await site.client.approvals.list({ status: 'approved' })
    expect(answered).toMatchObject({ resolved_by: 'local:ana', comment: 'checked with the bank' })
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is edited by keyboard, and runs with the edited arguments alone', async () => {
    const { page, context, complaints } = await openWindow()
    await page.goto(site.link())
    const ended = site.startAgent('A-2', 90)
    await page.getByRole('list', { name: 'Held calls' }).getByText('A-2').waitFor()
    await page.keyboard.press('j')
    await page.getByText('Most similar calls before').waitFor()
    await page.keyboard.press('e')
    await page.getByLabel('amount').fill('35')
    await page.keyboard.press('Enter')
    const progress = page.getByRole('list', { name: 'What became of it' })
    await progress.getByText('Succeeded').waitFor()
    expect(await ended).toBe('executed')
    expect(site.readLedger()).toBe('A-1 40\nA-2 35\n')
    expect(complaints).toEqual([])
    await context.close()
  })
})
