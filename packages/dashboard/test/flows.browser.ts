import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeBrowser, openWindow, Site } from './support/site.ts'

let site: Site
let page: Page
let complaints: string[]
let closeWindow: () => Promise<void>
beforeAll(async () => {
  site = await Site.open()
  const window = await openWindow()
  ;({ page, complaints } = window)
  closeWindow = () => window.context.close()
  await page.goto(site.link())
  await page.getByRole('heading', { name: 'Inbox' }).waitFor()
})
afterAll(async () => {
  await closeWindow()
  await closeBrowser()
  await site.close()
})

/** A refund that the rule of the test before holds. */
function hold(order: string, amount: number, actor = 'support-agent') {
  return site.client.actions.evaluate({
    action: 'refund',
    actor,
    domain: 'payments',
    value: amount,
    target: order,
    context: { call: { tool: 'refund', arguments: { order, amount } } },
  })
}

describe('signing in', () => {
  it('takes a key that is sent with Enter, for this tab, and says so when it is not good', async () => {
    const { page, context } = await openWindow()
    await page.goto(`${site.server.url}/#/decisions`)
    await page.getByLabel('API key').fill('not a key')
    await page.keyboard.press('Enter')
    await page.getByText('This key is not good').waitFor()
    await page.getByLabel('API key').fill(site.key)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Decisions' }).waitFor()
    expect(
      await page.evaluate(
        (key) => [localStorage, sessionStorage].map((store) => JSON.stringify(store).includes(key)),
        site.key,
      ),
    ).toEqual([false, true])
    await page.reload()
    await page.getByRole('heading', { name: 'Decisions' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0)
    await context.close()
  })

  it('takes a login', async () => {
    await site.client.auth.signup({ email: 'bo@shop.example', password: 'correct horse battery' })
    const { page, context } = await openWindow()
    await page.goto(site.server.url)
    await page.getByRole('button', { name: 'Sign in with e-mail' }).click()
    await page.getByLabel('E-mail').fill('bo@shop.example')
    await page.getByLabel('Password').fill('correct horse battery')
    await page.keyboard.press('Enter')
    await page.getByText('Nothing waits for you').waitFor()
    expect(await page.locator('.who').textContent()).toBe('bo@shop.example')
    await context.close()
  })

  it('by a link works once, and leaves no token in the address or the history', async () => {
    const link = site.link('policy')
    const { page, context } = await openWindow()
    await page.goto(link)
    await page.getByRole('heading', { name: 'Policy' }).waitFor()
    expect(page.url()).toBe(`${site.server.url}/#/policy`)
    await page.goBack()
    expect(page.url()).not.toContain('sign-in')
    await context.close()
    const second = await openWindow()
    await second.page.goto(link)
    await second.page.getByText('This link was used or is too old').waitFor()
    await second.context.close()
  })
})

describe('a key that may do little', () => {
  it('does what it may, and is told what it may not', async () => {
    const { key } = await site.client.apiKeys.create({
      label: 'reviewer',
      scopes: ['approvals:read', 'approvals:resolve'],
    })
    const { page, context } = await openWindow()
    await page.goto(site.server.url)
    await page.getByLabel('API key').fill(key)
    await page.keyboard.press('Enter')
    await page.getByText('Nothing waits for you').waitFor()
    await page.getByText('Not live').waitFor()
    await page.getByRole('link', { name: 'Policy' }).click()
    expect(await page.getByRole('alert').first().textContent()).toContain('this needs the scope rules:read')
    await context.close()
  })
})

describe('a server that goes away', () => {
  it('leaves what was read, and the page says that it is not live', async () => {
    const other = await Site.open()
    const { page, context } = await openWindow()
    await page.goto(other.link())
    await page.getByText('Live', { exact: true }).waitFor()
    await other.close()
    await page.getByText('Connecting …').waitFor()
    expect(await page.getByText('Nothing waits for you').isVisible()).toBe(true)
    await context.close()
  })
})

describe('constraints', () => {
  it('are created, paused and deleted, each change a version', async () => {
    await page.goto(`${site.server.url}/#/constraints`)
    await page.getByRole('button', { name: 'New rule' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('Refunds above 50')
    await dialog.getByLabel('Domain').fill('payments')
    await dialog.getByLabel('Hold above').fill('50')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Refunds above 50', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByRole('button', { name: 'Change' }).click()
    await dialog.getByLabel('Hold above').fill('60')
    await page.keyboard.press('Enter')
    await page.getByRole('list', { name: 'Versions' }).getByText('v4').waitFor()
    const [rule] = await site.client.constraints.list()
    expect(rule).toMatchObject({ status: 'active', version: 4, require_approval_above: 60 })
    const [newest] = await site.client.constraints.versions(rule?.rule_id ?? '')
    expect(newest?.changed_by).toBe('local:ana')
    expect(newest?.changed_fields).toEqual([{ field: 'require_approval_above', before: 50, after: 60 }])
  })
})

describe('the inbox', () => {
  it('denies by keyboard, and shows who did', async () => {
    const { request_id } = await hold('D-1', 100)
    await page.goto(`${site.server.url}/#/inbox/${request_id}`)
    await page.getByText('Most similar calls before').waitFor()
    await page.keyboard.press('d')
    await page.keyboard.press('Escape')
    await page.keyboard.press('d')
    await page.keyboard.type('not their order')
    await page.keyboard.press('Enter')
    await page.getByText('by local:ana').waitFor()
    await page.getByText('it does not run').waitFor()
    expect(await site.client.approvals.get(request_id)).toMatchObject({ status: 'denied', comment: 'not their order' })
  })

  it('answers like calls together, and lets no other into the batch', async () => {
    const like = await Promise.all(['B-1', 'B-2', 'B-3'].map((order) => hold(order, 80)))
    const other = await hold('B-4', 80, 'other-agent')
    await page.goto(`${site.server.url}/#/inbox/${like[0]?.request_id}`)
    await page.getByText('Most similar calls before').waitFor()
    await page.getByRole('checkbox', { name: 'Answer refund B-4' }).waitFor()
    await page.keyboard.press('Shift+X')
    const batch = page.getByRole('article', { name: 'Batch' })
    await batch.getByRole('heading', { name: '3 × refund' }).waitFor()
    expect(await page.getByRole('checkbox', { name: 'Answer refund B-4' }).isDisabled()).toBe(true)
    await page.keyboard.press('a')
    await page.keyboard.press('Enter')
    await batch.waitFor({ state: 'detached' })
    for (const { request_id } of like) expect((await site.client.approvals.get(request_id)).status).toBe('approved')
    expect((await site.client.approvals.get(other.request_id)).status).toBe('pending')
  })

  it('shows what somebody else answered, at once', async () => {
    const { request_id } = await hold('E-1', 90)
    await page.goto(`${site.server.url}/#/inbox/${request_id}`)
    await page.getByRole('button', { name: 'Approve' }).waitFor()
    await site.client.approvals.resolve(request_id, { resolution: 'denied' })
    await page.getByText('it does not run').waitFor()
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  })
})

describe('the simulator', () => {
  it('says what a rule would have done, and applies it when told to', async () => {
    await page.goto(`${site.server.url}/#/simulator`)
    await page.getByLabel('Name').fill('Small refunds too')
    await page.getByRole('spinbutton', { name: 'Hold above' }).fill('10')
    await page.getByRole('button', { name: 'Replay' }).click()
    const held = page.getByRole('row', { name: /Calls held/ })
    await held.waitFor()
    expect(await page.getByRole('row', { name: /Minutes of people/ }).textContent()).toMatch(/\d/)
    expect((await site.client.constraints.list()).map(({ name }) => name)).not.toContain('Small refunds too')
    await page.getByRole('button', { name: 'Apply' }).click()
    await page.getByText('Applied. See').waitFor()
    expect((await site.client.constraints.list()).map(({ name }) => name)).toContain('Small refunds too')
  })
})

describe('the policy', () => {
  it('is changed field by field, with a reason, as a new version', async () => {
    await page.goto(`${site.server.url}/#/policy`)
    await page.getByLabel('Cost of a review').fill('0.5')
    await page.getByLabel('Why').fill('people are busy')
    await page.keyboard.press('Enter')
    await page.getByText('costs.review').waitFor()
    expect(await site.client.policy.get()).toMatchObject({
      policy: { costs: { review: 0.5, caution: 0.04 } },
      changed_by: 'local:ana',
      reason: 'people are busy',
    })
  })
})

describe('outcomes', () => {
  it('are reported for calls that have none', async () => {
    const { request_id } = await site.client.actions.evaluate({ action: 'set_price', actor: 'price-agent', value: 5 })
    await page.goto(`${site.server.url}/#/outcomes`)
    await page
      .getByRole('row', { name: /set_price/ })
      .getByRole('button', { name: 'Report' })
      .click()
    await page.getByLabel('Outcome').selectOption('FAILURE')
    await page.getByLabel('What happened').fill('the shop lost money')
    await page.getByRole('button', { name: 'Report outcome' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await site.client.outcomes.get(request_id)).toMatchObject({
      status: 'FAILURE',
      description: 'the shop lost money',
    })
  })
})

describe('keys', () => {
  it('are made with the rights of an agent, shown once, and revoked', async () => {
    await page.goto(`${site.server.url}/#/keys`)
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('Label').fill('agent one')
    await page.getByRole('button', { name: 'Create key' }).click()
    const key = (await page.getByText('shown this once').locator('xpath=..').locator('code').textContent()) ?? ''
    const { valid, scopes } = await site.client.apiKeys.validate({ api_key: key })
    expect([valid, scopes?.includes('approvals:resolve')]).toEqual([true, false])
    await page.getByRole('button', { name: 'I have it' }).click()
    await page
      .getByRole('row', { name: /agent one/ })
      .getByRole('button', { name: 'Revoke' })
      .click()
    await page.getByRole('button', { name: 'Revoke key' }).click()
    await page
      .getByRole('row', { name: /agent one/ })
      .getByText('Revoked')
      .waitFor()
    expect((await site.client.apiKeys.validate({ api_key: key })).valid).toBe(false)
  })
})

describe('the kill switch', () => {
  it('stops nothing until its words were typed, then everything, and is lifted in two steps', async () => {
    await page.goto(`${site.server.url}/#/kill-switch`)
    const stop = page.getByRole('button', { name: 'Stop now' })
    await page.getByLabel('Reason').fill('something is wrong')
    expect(await stop.isDisabled()).toBe(true)
    await page.keyboard.press('Enter')
    expect((await site.client.killSwitch.status()).is_active).toBe(false)
    await page.getByLabel('To confirm').fill('stop everything')
    await stop.click()
    await page.getByText('something is wrong').first().waitFor()
    expect(await site.client.actions.evaluate({ action: 'read' })).toMatchObject({
      result: 'blocked',
      blocked_by: 'kill_switch',
    })
    await page.getByRole('button', { name: 'Lift …' }).click()
    await page.getByRole('button', { name: 'Let calls run again' }).click()
    await page.getByText('Nothing is stopped').waitFor()
    expect((await site.client.killSwitch.status()).is_active).toBe(false)
  })
})

describe('every page', () => {
  it('says of a figure what it means, on hover and on focus', async () => {
    await page.goto(`${site.server.url}/#/decisions`)
    const risk = page.getByRole('button', { name: 'Risk', exact: true })
    const definition = page.getByRole('tooltip').filter({ hasText: 'Estimated probability that the outcome' }).first()
    await risk.hover()
    await definition.waitFor()
    await page.mouse.move(0, 0)
    await definition.waitFor({ state: 'hidden' })
    await risk.focus()
    await definition.waitFor()
    expect(await risk.getAttribute('aria-describedby')).toBe(await definition.getAttribute('id'))
    await page.keyboard.press('Escape')
    await definition.waitFor({ state: 'hidden' })
  })

  it('has complained about nothing in the console', () => {
    expect(complaints).toEqual([])
  })

  it('shows the API call behind it as a command, without the key', async () => {
    await page.goto(`${site.server.url}/#/webhooks`)
    await page.getByText('API behind this page').click()
    await page.getByText('GET /webhooks?include_inactive=true').waitFor()
    expect(await page.locator('.calls').innerText()).not.toContain('bhs_')
  })
})
