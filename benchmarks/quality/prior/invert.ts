/**
 * Inverse of a symmetric, positive definite matrix by its Cholesky factor, O(n³).
 *
 * @throws Error if it is not positive definite.
 * @see Golub and Van Loan (2013), Matrix computations, §4.2.
 */
export function invert(matrix: readonly Float64Array[]): Float64Array[] {
  const size = matrix.length
  const factor = matrix.map(() => new Float64Array(size))
  for (const [row, target] of factor.entries())
    for (let column = 0; column <= row; column++) {
      let sum = at(matrix, row, column)
      for (let k = 0; k < column; k++) sum -= at(factor, row, k) * at(factor, column, k)
      if (row === column && !(sum > 0)) throw new Error(`the matrix is not positive definite: ${sum} in row ${row}`)
      target[column] = row === column ? Math.sqrt(sum) : sum / at(factor, column, column)
    }
  return matrix.map((_, column) => {
    const solved = new Float64Array(size)
    for (let row = 0; row < size; row++) {
      let sum = row === column ? 1 : 0
      for (let k = 0; k < row; k++) sum -= at(factor, row, k) * (solved[k] ?? 0)
      solved[row] = sum / at(factor, row, row)
    }
    for (let row = size - 1; row >= 0; row--) {
      let sum = solved[row] ?? 0
      for (let k = row + 1; k < size; k++) sum -= at(factor, k, row) * (solved[k] ?? 0)
      solved[row] = sum / at(factor, row, row)
    }
    return solved
  })
}

function at(rows: readonly Float64Array[], row: number, column: number): number {
  return rows[row]?.[column] ?? 0
}
