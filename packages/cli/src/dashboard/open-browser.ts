import { spawn } from 'node:child_process'

/** What opens an address in the person's own browser, by platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
  linux: ['xdg-open'],
}

/** Opens an address in the browser, if there is one. Where there is none nothing happens: the address is printed as well. */
export function openBrowser(url: string): void {
  const [program, ...args] = OPENERS[process.platform] ?? []
  // A Linux machine without a display has at most a browser in text, which would take the terminal.
  const isHeadless = process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY']
  if (program === undefined || isHeadless) return
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true })
  child.on('error', () => undefined)
  child.unref()
}
