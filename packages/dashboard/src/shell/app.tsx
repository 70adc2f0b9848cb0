import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { createApi } from '../api/api.ts'
import { ApiContext } from '../api/api-context.ts'
import { forgetSession, keepSession, readSession, type Session } from '../session/session.ts'
import { SignIn } from '../session/sign-in.tsx'
import { exchangeLink, takeLinkToken } from '../session/sign-in-link.ts'
import { Announcer } from '../ui/announcer.tsx'
import { Shell } from './shell.tsx'

/** Taken before the first drawing, so that it stands in the address for no longer than it must. */
const linkToken = takeLinkToken()

/** The page: signed in, or asking once. */
export function App() {
  const [session, setSession] = useState<Session | null>(() => (linkToken === null ? readSession() : null))
  const [isExchanging, setExchanging] = useState(linkToken !== null)
  const [notice, setNotice] = useState<string | null>(null)

  useEffect(() => {
    if (linkToken === null) return
    exchangeLink(linkToken)
      .then((opened) => {
        // For this device: it ends with the server's process anyway, and other tabs may be opened meanwhile.
        keepSession(opened, true)
        setSession(opened)
      })
      .catch((error: unknown) => {
        const kept = readSession()
        if (kept) setSession(kept)
        else setNotice(error instanceof Error ? error.message : String(error))
      })
      .finally(() => setExchanging(false))
  }, [])

  const leave = useCallback((why: string | null): void => {
    forgetSession()
    setNotice(why)
    setSession(null)
  }, [])
  const api = useMemo(
    () =>
      session &&
      createApi(session, () => leave('The server no longer takes this sign-in. It may have been started anew.')),
    [session, leave],
  )
  useEffect(() => () => api?.close(), [api])

  const signIn = (next: Session, isForDevice: boolean): void => {
    keepSession(next, isForDevice)
    setNotice(null)
    setSession(next)
  }
  if (isExchanging) return <p class="loading">Signing in …</p>
  return (
    <>
      {api ? (
        <ApiContext.Provider value={api}>
          <Shell onSignOut={() => leave(null)} />
        </ApiContext.Provider>
      ) : (
        <SignIn notice={notice} onSignIn={signIn} />
      )}
      <Announcer />
    </>
  )
}
