/** Size of a number in half octaves of 1 + |v|: 0 for 0, 2 for 1, −3 for −1. */
export function halfOctave(value: number): number {
  return value < 0 ? -1 - Math.floor(2 * Math.log2(1 - value)) : Math.floor(2 * Math.log2(1 + value))
}
