// A server of MCP like any other, over stdio. It knows nothing of a guard.
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import * as z from 'zod'

const notes = new Set(['milk', 'plan'])
const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] })

serveStdio(() => {
  const server = new McpServer({ name: 'notes', version: '1' })
  server.registerTool('list_notes', { annotations: { readOnlyHint: true } }, () => text([...notes].join(', ')))
  server.registerTool(
    'delete_note',
    { inputSchema: z.object({ note: z.string() }), annotations: { destructiveHint: true } },
    ({ note }) => text(notes.delete(note) ? `deleted ${note}` : `there is no ${note}`),
  )
  server.registerTool('empty_trash', {}, () => text('the trash is empty'))
  return server
})
