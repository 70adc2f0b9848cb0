import { useEffect, useState } from 'preact/hooks'

/** Where the page stands: `#/decisions/act_1?q=refund`. Behind the #, so that no path of the API is taken. */
export interface Location {
  /** Without empty ones. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
}

export function readLocation(hash: string): Location {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  return { segments: path.split('/').filter(Boolean).map(decode), query: new URLSearchParams(query) }
}

/** An address within the dashboard. Query fields without a value are left out. */
export function href(
  segments: readonly string[],
  query: Readonly<Record<string, string | null | undefined>> = {},
): string {
  const fields = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []))
  const text = new URLSearchParams(fields).toString()
  return `#/${segments.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`
}

export function goTo(address: string): void {
  location.hash = address
}

/** The same place said otherwise: nothing to come back to. */
export function replaceLocation(address: string): void {
  history.replaceState(null, '', address)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

export function useLocation(): Location {
  const [hash, setHash] = useState(location.hash)
  useEffect(() => {
    const follow = (): void => setHash(location.hash)
    addEventListener('hashchange', follow)
    return () => removeEventListener('hashchange', follow)
  }, [])
  return readLocation(hash)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
