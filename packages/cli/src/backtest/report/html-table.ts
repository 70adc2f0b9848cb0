import { escapeHtml } from './svg.ts'

/** Rows of cells, the first being the head; first cells are the rows' headings. Wide tables scroll by themselves. */
export function htmlTable(caption: string, [head = [], ...rows]: readonly (readonly string[])[]): string {
  const headings = head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')
  const body = rows.map(
    ([first = '', ...cells]) =>
      `<tr><th scope="row">${escapeHtml(first)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  )
  const name = escapeHtml(caption)
  // The caption stands outside of what scrolls: it stays in view.
  return `<p class="caption">${name}</p><div class="scroll" role="region" tabindex="0" aria-label="${name}"><table aria-label="${name}"><thead><tr>${headings}</tr></thead><tbody>${body.join('')}</tbody></table></div>`
}
