import { useState } from 'preact/hooks'

/** How long it says that it copied. */
const SHOWN_MS = 2000

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState<string | null>(null)
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      // A page that came without TLS from another machine has no clipboard.
      setSaid('Select and copy it by hand')
    }
    window.setTimeout(() => setSaid(null), SHOWN_MS)
  }
  return (
    <button type="button" class="small" onClick={() => void copy()}>
      <span aria-live="polite">{said ?? label}</span>
    </button>
  )
}
