import type { BighubClient } from '@bighub/core'
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Api } from './api.ts'

export const ApiContext = createContext<Api | null>(null)

/** The server. Everything that is drawn below the sign-in has one. */
export function useApi(): Api {
  const api = useContext(ApiContext)
  if (!api) throw new Error('useApi outside of ApiContext')
  return api
}

export function useClient(): BighubClient {
  return useApi().client
}
