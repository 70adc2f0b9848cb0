import { afterAll, beforeAll, expect, it } from 'vitest'
import { closeBrowser, openWindow, Site } from './support/site.ts'

let site: Site
beforeAll(async () => {
  site = await Site.open()
})
afterAll(async () => {
  await closeBrowser()
  await site.close()
})

it.each([1280, 360])('the page of the routes fits a window of %i pixels, with everything open', async (width) => {
  const { page, complaints, context } = await openWindow({ width, height: 800 })
  await page.goto(`${site.server.url}/docs`)
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true
  })
  const { inner, outer } = await page.evaluate(() => ({
    inner: document.documentElement.scrollWidth,
    outer: innerWidth,
  }))
  expect(inner).toBeLessThanOrEqual(outer)
  expect(await page.locator('body').evaluate((body) => getComputedStyle(body).maxWidth)).toBe('900px')
  await page.getByRole('link', { name: 'approvals' }).click()
  expect(page.url()).toBe(`${site.server.url}/docs#approvals`)
  if (process.env['SCREENSHOTS']) {
    await page.goto(`${site.server.url}/docs`)
    await page.locator('summary').nth(6).click()
    await page.screenshot({ path: `${process.env['SCREENSHOTS']}/docs-${width}.png` })
  }
  expect(complaints).toEqual([])
  await context.close()
})
