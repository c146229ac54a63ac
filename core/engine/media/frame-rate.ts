import { AppFailure } from '../../failure/app-failure.ts'

/** A rate asked for; null: that of the stream. */
export type FrameRateText = { readonly num: number; readonly den: number } | null

/** Reads `25`, `29.97` or `30000/1001`. @throws AppFailure bad-spec */
export function parseFrameRate(text: string): FrameRateText {
  const match = /^(\d{1,9})(?:[/-](\d{1,9})|\.(\d{1,3}))?$/.exec(text)
  const decimals = match?.[3] ?? ''
  const den = decimals === '' ? Number(match?.[2] ?? 1) : 10 ** decimals.length
  const num = decimals === '' ? Number(match?.[1]) : Number(`${match?.[1]}${decimals}`)
  if (match === null || num === 0 || den === 0)
    throw new AppFailure('bad-spec', `fps is "${text}"; it must be a rate.`, 'Write it as 25 or 30000/1001.')
  return { num, den }
}
