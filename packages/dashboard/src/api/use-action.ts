import { useCallback, useEffect, useRef, useState } from 'preact/hooks'
import { describeFailure, type Failure } from './failure.ts'

/** Something that a person does: under way, or failed with a reason. */
export interface Action<Arguments extends readonly unknown[]> {
  readonly isBusy: boolean
  readonly failure: Failure | undefined
  /** Resolves with whether it worked. While it is under way, a second start does nothing. */
  start(...args: Arguments): Promise<boolean>
  clear(): void
}

export function useAction<Arguments extends readonly unknown[]>(
  work: (...args: Arguments) => Promise<unknown>,
): Action<Arguments> {
  const [state, setState] = useState<{ isBusy: boolean; failure?: Failure }>({ isBusy: false })
  const latest = useRef(work)
  latest.current = work
  const isBusy = useRef(false)
  const isMounted = useRef(true)
  useEffect(() => () => void (isMounted.current = false), [])

  const start = useCallback(async (...args: Arguments): Promise<boolean> => {
    if (isBusy.current) return false
    isBusy.current = true
    setState({ isBusy: true })
    let failure: Failure | undefined
    try {
      await latest.current(...args)
    } catch (error) {
      failure = describeFailure(error)
    }
    isBusy.current = false
    if (isMounted.current) setState({ isBusy: false, ...(failure ? { failure } : {}) })
    return failure === undefined
  }, [])
  const clear = useCallback(() => setState({ isBusy: false }), [])
  return { isBusy: state.isBusy, failure: state.failure, start, clear }
}
