import { createHash } from 'node:crypto'
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
  readonly description?: string
  readonly schema: ParameterSchema
}

/** What is shown of a parameter's JSON Schema. */
interface ParameterSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** By media type; there is one. */
type Content = Readonly<Record<string, { readonly schema: unknown }>>

const STYLE = `
:root{color-scheme:light dark;font:15px/1.55 system-ui,sans-serif;
--text:light-dark(#1a202b,#e6e9ee);--quiet:light-dark(#596373,#9aa5b5);--line:light-dark(#e1e5eb,#2b323d);
--raised:light-dark(#f1f3f6,#1f242d);--accent:light-dark(#3550c8,#93a8ff)}
body{max-width:60rem;margin:2rem auto;padding:0 1rem;background:light-dark(#fff,#101318);color:var(--text);overflow-wrap:anywhere}
a{color:var(--accent)}
h2{margin-top:2.5rem}
section>details{border-top:1px solid var(--line);padding:.5rem 0}
summary{cursor:pointer}
code,pre{font:.85em/1.5 ui-monospace,monospace}
pre{overflow:auto;max-height:30rem;padding:.75rem;background:var(--raised);border-radius:.4rem}
b{display:inline-block;min-width:4.25rem}
nav{display:flex;flex-wrap:wrap;gap:.25rem .9rem}
dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.25rem 1rem}
dd{margin:0;color:var(--quiet)}
@media(max-width:600px){dl{grid-template-columns:1fr}dd{margin-bottom:.5rem}}`

/** The one style sheet, by its digest: nothing else inline is let in. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

let written: string | undefined

/** The OpenAPI document as a page to read: no script, nothing from elsewhere. Written once. */
export function docsAnswer(): Answer {
  written ??= page()
  return {
    status: 200,
    body: written,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
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
<p><a href="/">Dashboard</a></p><p>Show an API key in <code>X-API-Key</code>, or a bearer token. Errors have <code>detail</code>, <code>request_id</code> and
<code>error.code</code>. For programs: <a href="/openapi.json">openapi.json</a>.</p><nav>${links}</nav>${sections.join('')}</body></html>`
}

function entry({ verb, path, operation }: { verb: string; path: string; operation: Operation }): string {
  const { summary, description = 'Needs no key.', parameters, requestBody, responses } = operation
  const body = requestBody
    ? schemaBlock(requestBody.required ? 'Body' : 'Body (may be left out)', requestBody.content)
    : ''
  return `<details><summary><b>${verb}</b> <code>${escape(path)}</code> — ${inline(summary)}</summary>
<p>${inline(description)}</p>${parameterList(parameters)}${body}${schemaBlock('Answer', responses[200].content)}</details>`
}

function parameterList(parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return ''
  const items = parameters.map(
    ({ name, in: place, required, schema, description }) =>
      `<dt><code>${escape(name)}</code></dt><dd>${place}${required ? ', required' : ''} · ${inline(describe(schema))}${description ? ` · ${inline(description)}` : ''}</dd>`,
  )
  return `<dl>${items.join('')}</dl>`
}

/** A parameter's form in a few words: `integer, 1 to 1000`. */
function describe({ type, enum: values, minimum, maximum, maxLength }: ParameterSchema): string {
  if (values) return values.map((value) => `\`${String(value)}\``).join(', ')
  const bounds = minimum !== undefined && maximum !== undefined ? `, ${minimum} to ${maximum}` : ''
  return `${type ?? 'any'}${bounds}${maxLength === undefined ? '' : `, at most ${maxLength} characters`}`
}

function schemaBlock(title: string, content: Content): string {
  const blocks = Object.entries(content).map(([mediaType, { schema }]) => {
    const form = mediaType === 'application/json' ? '' : ` (${escape(mediaType)})`
    return `<details><summary>${title}${form}</summary><pre>${escape(JSON.stringify(schema, null, 2))}</pre></details>`
  })
  return blocks.join('')
}

/** Text with the code in it marked as such. */
function inline(text: string): string {
  return escape(text).replace(/`([^`]+)`/g, '<code>$1</code>')
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
