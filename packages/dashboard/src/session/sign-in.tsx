import { BighubClient } from '@bighub/core'
import { useEffect, useRef, useState } from 'preact/hooks'
import { describeFailure, type Failure } from '../api/failure.ts'
import { FailureNote } from '../ui/page.tsx'
import { type Session, toUserSession } from './session.ts'

export interface SignInProps {
  /** Why one is here again. */
  readonly notice: string | null
  readonly onSignIn: (session: Session, isForDevice: boolean) => void
}

/** Asks once: for a key, or for a login. */
export function SignIn({ notice, onSignIn }: SignInProps) {
  const [way, setWay] = useState<'key' | 'login'>('key')
  const [isForDevice, setForDevice] = useState(false)
  const [failure, setFailure] = useState<Failure | null>(null)
  const [isBusy, setBusy] = useState(false)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => {
    document.title = 'Sign in · BIGHUB'
    first.current?.focus()
  }, [way])

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    // The form is the target of its own event.
    const fields = new FormData(event.target as HTMLFormElement)
    setBusy(true)
    setFailure(null)
    try {
      onSignIn(
        await (way === 'key' ? checkKey(text(fields, 'key')) : logIn(text(fields, 'email'), text(fields, 'password'))),
        isForDevice,
      )
    } catch (error) {
      const described = describeFailure(error)
      const isWrong = described.title.startsWith('Not signed in')
      setFailure(
        isWrong ? { ...described, title: way === 'key' ? 'This key is not good' : 'That did not work' } : described,
      )
    } finally {
      setBusy(false)
    }
  }

  return (
    <main class="sign-in">
      <h1>
        <span class="mark" aria-hidden="true" /> BIGHUB
      </h1>
      <p class="lead">A decision in front of every tool call.</p>
      {notice && (
        <p class="note" role="status">
          {notice}
        </p>
      )}
      <form onSubmit={(event) => void submit(event)}>
        {way === 'key' ? (
          <label>
            API key
            <input ref={first} name="key" type="password" required autocomplete="off" spellcheck={false} />
          </label>
        ) : (
          <>
            <label>
              E-mail
              <input ref={first} name="email" type="email" required autocomplete="username" />
            </label>
            <label>
              Password
              <input name="password" type="password" required autocomplete="current-password" />
            </label>
          </>
        )}
        <label class="check">
          <input type="checkbox" checked={isForDevice} onChange={() => setForDevice(!isForDevice)} />
          Stay signed in on this device
        </label>
        {failure && <FailureNote failure={failure} />}
        <button type="submit" class="primary" disabled={isBusy}>
          Sign in
        </button>
      </form>
      <p>
        <button type="button" class="link" onClick={() => setWay(way === 'key' ? 'login' : 'key')}>
          {way === 'key' ? 'Sign in with e-mail and password instead' : 'Sign in with an API key instead'}
        </button>
      </p>
      <p class="quiet">
        On the machine that runs it, <code>bighub serve</code> prints a link that signs you in, and its first key once.
      </p>
    </main>
  )
}

function text(fields: FormData, name: string): string {
  const value = fields.get(name)
  return typeof value === 'string' ? value.trim() : ''
}

/** Asks something that every key may ask in a header, and takes "not allowed" for an answer: the key itself is good then. */
async function checkKey(key: string): Promise<Session> {
  const client = new BighubClient({ baseUrl: location.origin, allowInsecureHttp: true, apiKey: key, maxRetries: 0 })
  try {
    await client.actions.status()
  } catch (error) {
    const { statusCode } = error as { readonly statusCode?: number }
    if (statusCode !== 403) throw error
  } finally {
    await client.close()
  }
  return { kind: 'key', key }
}

async function logIn(email: string, password: string): Promise<Session> {
  const client = new BighubClient({ baseUrl: location.origin, allowInsecureHttp: true, maxRetries: 0 })
  try {
    return toUserSession(email, await client.auth.login({ email, password }))
  } finally {
    await client.close()
  }
}
