/** A figure, or a dash where it is not defined. */
export function formatNumber(value: number | null, digits: number): string {
  return value === null ? '–' : value.toFixed(digits)
}

/** A share as whole percent, or a dash where it is not defined. */
export function formatPercent(share: number | null): string {
  return share === null ? '–' : `${Math.round(share * 100)} %`
}

/** A sum of calls, money, minutes or costs: as many digits as it takes to tell its size. */
export function formatAmount(amount: number): string {
  const digits = Number.isInteger(amount) || Math.abs(amount) >= 1000 ? 0 : Math.abs(amount) >= 10 ? 1 : 2
  return amount.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
}

/** The same with its sign. */
export function formatDifference(amount: number): string {
  return amount > 0 ? `+${formatAmount(amount)}` : formatAmount(amount).replace('-', '−')
}
