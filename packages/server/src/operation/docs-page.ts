import type { Answer } from '../http/answer.ts'
import { openApiDocument } from './openapi.ts'

interface Operation {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly parameters: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  readonly responses: { readonly 200: { readonly content: Content } }
}

interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: unknown
}

/** By media type; there is one. */
type Content = Readonly<Record<string, { readonly schema: unknown }>>

const STYLE = `
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:56rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2.5rem}
section>details{border-top:1px solid #8884;padding:.5rem 0}
summary{cursor:pointer}
code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{overflow:auto;padding:.75rem;background:#8881;border-radius:.4rem}
b{display:inline-block;min-width:4.5rem}
nav a{margin-right:.75rem}`

let written: string | undefined

/** The OpenAPI document as a page to read: no script, nothing from elsewhere. Written once. */
export function docsAnswer(): Answer {
  written ??= page()
  return {
    status: 200,
    body: written,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    },
  }
}

function page(): string {
  // What openApiDocument writes, as far as it is read here.
  const { paths } = openApiDocument() as { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }
  const operations = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ verb: verb.toUpperCase(), path, operation })),
  )
  const resources = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '')
  const links = [...resources.keys()].map((name) => `<a href="#${name}">${name}</a>`).join('')
  const sections = [...resources].map(
    ([name, entries]) => `<section id="${name}"><h2>${name}</h2>${entries.map(entry).join('')}</section>`,
  )
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>BIGHUB API</title><style>${STYLE}</style></head><body><h1>BIGHUB API</h1>
<p>Show an API key in <code>X-API-Key</code>, or a bearer token. Errors have <code>detail</code>, <code>request_id</code> and
<code>error.code</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p><nav>${links}</nav>${sections.join('')}</body></html>`
}

function entry({ verb, path, operation }: { verb: string; path: string; operation: Operation }): string {
  const { summary, description = 'Needs no key.', parameters, requestBody, responses } = operation
  const body = requestBody
    ? schemaBlock(requestBody.required ? 'Body' : 'Body (may be left out)', requestBody.content)
    : ''
  return `<details><summary><b>${verb}</b> <code>${escape(path)}</code> — ${escape(summary)}</summary>
<p>${escape(description)}</p>${parameterList(parameters)}${body}${schemaBlock('Answer', responses[200].content)}</details>`
}

function parameterList(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const items = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<li><code>${escape(name)}</code> (${place}${required ? ', required' : ''}): <code>${escape(JSON.stringify(schema))}</code></li>`,
  )
  return `<ul>${items.join('')}</ul>`
}

function schemaBlock(title: string, content: Content): string {
  const blocks = Object.entries(content).map(([mediaType, { schema }]) => {
    const form = mediaType === 'application/json' ? '' : ` (${escape(mediaType)})`
    return `<details><summary>${title}${form}</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`
  })
  return blocks.join('')
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
