import { userInfo } from 'node:os'

/** The person's name on this machine: what records say of who answered in a dashboard that was opened signed in. */
export function userName(): string {
  try {
    return userInfo().username || 'somebody'
  } catch {
    // A container may run as a number that has no name.
    return 'somebody'
  }
}
