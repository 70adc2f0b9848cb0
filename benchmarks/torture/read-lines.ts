/** What a worker said in one line: what it is about, then facts. */
export type Line = readonly [kind: string, ...facts: string[]]

/** The whole lines of a worker's output. One that was cut off when it was killed acknowledged nothing. */
export function readLines(output: string): Line[] {
  return output
    .slice(0, output.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [kind = '', ...facts] = line.split(' ')
      return [kind, ...facts]
    })
}
