import type { ComponentChildren } from 'preact'

/** Names with their values. */
export function Facts({
  of,
}: {
  readonly of: readonly (readonly [name: ComponentChildren, value: ComponentChildren])[]
}) {
  return (
    <dl class="facts">
      {of.map(([name, value], index) => (
        // The list never changes its order.
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
