import { CopyButton } from './copy-button.tsx'

/** A key or secret that is shown here and nowhere else. */
export function SecretOnce({
  name,
  value,
  onDone,
}: {
  readonly name: string
  readonly value: string
  readonly onDone: () => void
}) {
  return (
    <div class="note note-mild" role="status">
      <strong>{name}, shown this once:</strong> <code class="value">{value}</code>
      <div class="answer-line dialog-foot">
        <CopyButton text={value} label="Copy" />
        <button type="button" class="small" onClick={onDone}>
          I have it
        </button>
      </div>
    </div>
  )
}
