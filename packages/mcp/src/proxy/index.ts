export { GuardedPipe, type GuardedPipeOptions } from './guarded-pipe.ts'
export { openUpstream, type Upstream } from './open-upstream.ts'
export { type HttpProxy, type HttpProxyOptions, serveHttpProxy } from './serve-http-proxy.ts'
export { type StdioProxyOptions, serveStdioProxy } from './serve-stdio-proxy.ts'
