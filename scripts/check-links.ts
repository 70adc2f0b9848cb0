import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { type Counts, ROOT } from './steps.ts'

const LINK = /\]\(([^)\s]+)\)/g

/** Checks that links between pages, READMEs and files of the repository lead to a file, and to a heading where they name one. */
export async function checkLinks(): Promise<Counts> {
  const pages = globSync(['*.md', 'docs/**/*.md', 'packages/*/README.md'], { cwd: ROOT })
  const faults = pages.flatMap((page) => [...new Set(linksOf(page))].flatMap((link) => faultOf(page, link)))
  for (const fault of faults) console.error(fault)
  return { passed: pages.length, failed: faults.length }
}

function linksOf(page: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(LINK)].map(([, link = '']) => link)
}

function faultOf(page: string, link: string): string[] {
  if (URL.canParse(link)) return []
  const [path = '', heading] = link.split('#')
  const target = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, target))) return [`${page}: ${link} leads nowhere`]
  if (heading === undefined || headingsOf(target).includes(heading)) return []
  return [`${page}: ${link} names a heading that ${target} does not have`]
}

/** Headings as they are named in addresses. */
function headingsOf(page: string): string[] {
  return [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
