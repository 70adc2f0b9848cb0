/** How often recommendations were followed and how that ended. */
export interface FollowedCounts {
  total: number
  followed: number
  ignored: number
  followed_positive: number
  followed_negative: number
  ignored_positive: number
  ignored_negative: number
}

export function newFollowedCounts(): FollowedCounts {
  return {
    total: 0,
    followed: 0,
    ignored: 0,
    followed_positive: 0,
    followed_negative: 0,
    ignored_positive: 0,
    ignored_negative: 0,
  }
}

/** One more outcome. A neutral one is in no quadrant; where it is unclear whether the advice was followed, it only counts. */
export function countFollowed(counts: FollowedCounts, followed: number | null, category: string | null): void {
  counts.total++
  if (followed === null) return
  if (followed === 1) counts.followed++
  else counts.ignored++
  if (category !== 'positive' && category !== 'negative') return
  counts[`${followed === 1 ? 'followed' : 'ignored'}_${category}`]++
}

/** Part of a whole; null where there is no whole. */
export function shareOf(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole
}

export function followRate(counts: FollowedCounts): number | null {
  return shareOf(counts.followed, counts.followed + counts.ignored)
}

export function positiveAfterFollowing(counts: FollowedCounts): number | null {
  return shareOf(counts.followed_positive, counts.followed_positive + counts.followed_negative)
}

export function quadrantsOf(
  counts: FollowedCounts,
): Pick<FollowedCounts, 'followed_positive' | 'followed_negative' | 'ignored_positive' | 'ignored_negative'> {
  const { followed_positive, followed_negative, ignored_positive, ignored_negative } = counts
  return { followed_positive, followed_negative, ignored_positive, ignored_negative }
}
