/** Order of the verdicts on signatures, the worst highest. */
export const VERDICT_RANK = { good: 0, unchecked: 1, bad: 2 } as const
