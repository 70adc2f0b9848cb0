import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Filled, fillSite } from './support/fill-site.ts'
import { closeBrowser, openWindow, Site } from './support/site.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where pictures of every page go, for people to look at; none are taken without it. */
const PICTURES = process.env['SCREENSHOTS']

let site: Site
let filled: Filled
beforeAll(async () => {
  site = await Site.open()
  filled = await fillSite(site)
})
afterAll(async () => {
  await closeBrowser()
  await site.close()
})

/** Every page, and the words that show that it has loaded. */
const PAGES = [
  ['inbox', () => 'inbox', 'wait for a person'],
  ['inbox-card', () => `inbox/${filled.pendingId}`, 'Most similar calls before'],
  ['decisions', () => 'decisions', 'Older'],
  ['decision', () => `decisions/${filled.decisionId}`, 'the record is intact'],
  ['trajectories', () => 'trajectories', 'run-39'],
  ['trajectory', () => `trajectories/${filled.runId}`, 'Risk along the run'],
  ['outcomes', () => 'outcomes', 'in all'],
  ['learning', () => 'learning', 'Ended badly'],
  ['constraints', () => 'constraints', 'Large refunds take a person'],
  ['constraint', () => `constraints/${filled.ruleId}`, 'by key:'],
  ['policy', () => 'policy', 'reviews take longer'],
  ['simulator', () => 'simulator', 'Leave out'],
  ['webhooks', () => 'webhooks', 'pager'],
  ['webhook', () => `webhooks/${filled.webhookId}`, 'Send again'],
  ['keys', () => 'keys', 'support-agent in production'],
  ['kill-switch', () => 'kill-switch', 'Nothing is stopped'],
] as const

const WINDOWS = [
  ['wide light', { width: 1280, height: 900 }, 'light'],
  ['wide dark', { width: 1280, height: 900 }, 'dark'],
  ['narrow light', { width: 360, height: 740 }, 'light'],
  ['narrow dark', { width: 360, height: 740 }, 'dark'],
] as const

describe.each(WINDOWS)('in a %s window', (windowName, size, colours) => {
  let page: Page
  let complaints: string[]
  beforeAll(async () => {
    const window = await openWindow(size, colours)
    ;({ page, complaints } = window)
    await page.addInitScript(AXE)
    await page.goto(site.link())
    await page.getByRole('heading', { name: 'Inbox' }).waitFor()
    return () => window.context.close()
  })

  it.each(PAGES)('%s is usable by everybody, fits, and complains about nothing', async (name, path, words) => {
    await page.goto(`${site.server.url}/#/${path()}`)
    await page.getByText(words).first().waitFor()
    await page.waitForFunction(() => document.querySelector('.loading') === null)
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true })
      await page.screenshot({ path: join(PICTURES, `${name} ${windowName}.png`.replaceAll(' ', '-')), fullPage: true })
    }
    expect(await seriousFaults(page)).toEqual([])
    const { inner, outer } = await page.evaluate(() => ({
      inner: document.documentElement.scrollWidth,
      outer: innerWidth,
    }))
    expect(inner).toBeLessThanOrEqual(outer)
    expect(complaints.splice(0)).toEqual([])
  })
})

describe('the page that asks for a key', () => {
  it.each(WINDOWS)('is usable by everybody in a %s window', async (windowName, size, colours) => {
    const { page, context } = await openWindow(size, colours)
    await page.addInitScript(AXE)
    await page.goto(site.server.url)
    await page.getByLabel('API key').waitFor()
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `sign-in ${windowName}.png`.replaceAll(' ', '-')) })
    expect(await seriousFaults(page)).toEqual([])
    await context.close()
  })
})

/** What axe calls serious or critical. */
async function seriousFaults(page: Page): Promise<unknown[]> {
  const results = (await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): unknown } }).axe.run(),
  )) as AxeResults
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      where: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }))
}
