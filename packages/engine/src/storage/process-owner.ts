import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Names this process so that another can tell whether it is still there: host, process id, and when it started. */
export function processOwner(): string {
  return JSON.stringify([hostname(), process.pid, statOf(process.pid)?.startTime ?? null])
}

/**
 * Whether the process that an owner names is gone. Unknown counts as there: a process on another host cannot be looked at,
 * and a claim must never be given up while its tool may still run.
 */
export function isOwnerGone(owner: string): boolean {
  const [host, pid, startTime] = parseOwner(owner)
  if (host !== hostname() || pid === 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  // Process ids are used again; the start time tells them apart where the system gives it. One that has ended and that its parent
  // has not asked about yet still has its id.
  const current = statOf(pid)
  if (startTime === null || current === null) return false
  return current.startTime !== startTime || current.state === 'Z' || current.state === 'X'
}

function parseOwner(owner: string): [host: string, pid: number, startTime: string | null] {
  try {
    const [host, pid, startTime] = JSON.parse(owner) as unknown[]
    return [String(host), Number(pid) || 0, typeof startTime === 'string' ? startTime : null]
  } catch {
    return ['', 0, null]
  }
}

/** Fields 3 (state) and 22 (clock ticks after boot) of /proc/<pid>/stat (proc(5)); null where there is no such file. */
function statOf(pid: number): { readonly state: string; readonly startTime: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field, the command, is in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, startTime] = [fields[0], fields[19]]
    return state === undefined || startTime === undefined ? null : { state, startTime }
  } catch {
    return null
  }
}
