/** Named axes of a context, `{ reversibility: 0.2 }`; what is no number is left out. */
export function axesOf(context: Readonly<Record<string, unknown>> | null | undefined): Record<string, number> {
  const axes = context?.['axes']
  if (typeof axes !== 'object' || axes === null) return {}
  return Object.fromEntries(
    Object.entries(axes).filter((entry): entry is [string, number] => Number.isFinite(entry[1])),
  )
}
