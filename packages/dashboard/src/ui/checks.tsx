/** A group of boxes to tick, one a value; a form reads them under one name. */
export function Checks({
  legend,
  name,
  values,
  isChecked = () => false,
}: {
  readonly legend: string
  readonly name: string
  readonly values: readonly string[]
  /** At the start. @defaultValue none */
  readonly isChecked?: (value: string) => boolean
}) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="checks">
        {values.map((value) => (
          <label key={value} class="check">
            <input type="checkbox" name={name} value={value} defaultChecked={isChecked(value)} />
            <code>{value}</code>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
