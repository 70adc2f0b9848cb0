import { StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { GuardedPipe, type GuardedPipeOptions } from './guarded-pipe.ts'
import { openUpstream, type Upstream } from './open-upstream.ts'

export interface StdioProxyOptions extends Omit<GuardedPipeOptions, 'downstream' | 'upstream'> {
  readonly upstream: Upstream
}

/**
 * Puts a guard between this process's stdin and stdout and a server. It is over when either end is.
 *
 * @throws Error of Node's if the command cannot be started.
 */
export async function serveStdioProxy({ upstream, ...options }: StdioProxyOptions): Promise<GuardedPipe> {
  const pipe = new GuardedPipe({
    ...options,
    upstream: openUpstream(upstream),
    downstream: new StdioServerTransport(),
  })
  await pipe.start()
  return pipe
}
