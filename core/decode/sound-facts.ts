import type { SoundLevel } from '../contract/wall.ts'
import { SOUND_RATE } from './look-arguments.ts'

/** Level of no sound at all, dBFS. */
const NO_SOUND_DB = -100
/** Below it nobody hears anything, dBFS. */
const SILENT_DB = -60
/** A short sound is no silence: each so long a stretch is looked at by itself. */
const WINDOW_SAMPLES = SOUND_RATE / 10
const FULL_SCALE = 32_768
const CHANNELS = 2

/** How loud a stretch of sound was. */
export type SoundFacts = { readonly levels: readonly SoundLevel[]; readonly silent: boolean }

/** Measures sound of two channels of 16 bits, little-endian; null where there is none. */
export function soundFacts(samples: Uint8Array): SoundFacts | null {
  const frames = Math.floor(samples.length / (2 * CHANNELS))
  if (frames === 0) return null
  const view = new DataView(samples.buffer, samples.byteOffset, frames * 2 * CHANNELS)
  let silent = true
  const levels = Array.from({ length: CHANNELS }, (_, channel) => {
    let peak = 0
    let sum = 0
    let windowSum = 0
    let inWindow = 0
    for (let frame = 0; frame < frames; frame++) {
      const value = view.getInt16((frame * CHANNELS + channel) * 2, true)
      peak = Math.max(peak, Math.abs(value))
      sum += value * value
      windowSum += value * value
      if (++inWindow < WINDOW_SAMPLES && frame < frames - 1) continue
      if (decibels(Math.sqrt(windowSum / inWindow)) > SILENT_DB) silent = false
      windowSum = 0
      inWindow = 0
    }
    return { peak: decibels(peak), rms: decibels(Math.sqrt(sum / frames)) }
  })
  return { levels, silent }
}

/** dBFS with one decimal. */
function decibels(value: number): number {
  return value === 0 ? NO_SOUND_DB : Math.max(NO_SOUND_DB, Math.round(200 * Math.log10(value / FULL_SCALE)) / 10)
}
