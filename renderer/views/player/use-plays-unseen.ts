import { useRef } from 'react'
import type { PlayerSnapshot } from './player-adapter.ts'

/** A picture comes within this time of playing, seconds. */
const UNSEEN_S = 1.5

/**
 * Whether media has played for a while without a picture: libraries go on with the sound where the browser takes no picture.
 * @param playback what plays, by its identity; null: nothing
 */
export function usePlaysUnseen(playback: object | null, snapshot: PlayerSnapshot | null): boolean {
  const begun = useRef<{ readonly playback: object; readonly timeS: number } | null>(null)
  if (playback === null || snapshot?.phase !== 'playing') return false
  if (snapshot.decodedFrames > 0 || snapshot.width > 0) return false
  if (begun.current?.playback !== playback || snapshot.timeS < begun.current.timeS)
    begun.current = { playback, timeS: snapshot.timeS }
  return snapshot.timeS - begun.current.timeS > UNSEEN_S
}
