import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { DEFINITIONS, type DefinitionName } from '../words/definitions.ts'

/** Distance between the word and its definition, and to the window's edge, in pixels. */
const GAP = 6

/** The name of a figure, which says on hover and on focus what it means. */
export function Term({ is, children }: { readonly is: DefinitionName; readonly children: ComponentChildren }) {
  const id = useId()
  const word = useRef<HTMLButtonElement>(null)
  const note = useRef<HTMLSpanElement>(null)
  const [isOpen, setOpen] = useState(false)

  useEffect(() => {
    const [anchor, element] = [word.current, note.current]
    if (!isOpen || !anchor || !element) return
    element.showPopover()
    const { left, top, bottom } = anchor.getBoundingClientRect()
    const { width, height } = element.getBoundingClientRect()
    const isBelow = bottom + GAP + height < innerHeight
    element.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`
    element.style.top = `${isBelow ? bottom + GAP : Math.max(GAP, top - GAP - height)}px`
    return () => element.hidePopover()
  }, [isOpen])

  return (
    <>
      <button
        ref={word}
        type="button"
        class="term"
        aria-describedby={id}
        onMouseEnter={() => setOpen(true)}
        onMouseLeave={() => setOpen(false)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        {children}
      </button>
      <span ref={note} id={id} role="tooltip" popover="manual" class="definition">
        {DEFINITIONS[is]}
      </span>
    </>
  )
}
