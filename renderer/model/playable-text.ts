import type { DecodedSnapshot } from '../../core/contract/decoder.ts'
import type { CutSnapshot } from '../../core/contract/service-snapshot.ts'
import { formatCount } from './format.ts'

/** One sentence about media that needs a licence. @param how `cenc, Widevine` */
export function encryptedText(how: string): string {
  return `This presentation is encrypted (${how}) and cannot be played here.`
}

/** What the manifest lists and no channel carries; null without any. */
export function offAirText(ids: readonly string[]): string | null {
  if (ids.length === 0) return null
  const shown = ids.slice(0, 4).map((id) => (id.length > 24 ? `${id.slice(0, 23)}…` : id))
  const more = ids.length > shown.length ? ` and ${formatCount(ids.length - shown.length)} more` : ''
  return `not on air and not offered: representation${ids.length === 1 ? '' : 's'} ${shown.join(', ')}${more}`
}

/** What of its manifests is not played, because it leads out of the broadcast; null where nothing was cut. */
export function cutText(cut: CutSnapshot | null): string | null {
  const [first] = cut?.first ?? []
  if (cut === null || first === undefined) return null
  const count = cut.count === 1 ? '1 reference leads' : `${formatCount(cut.count)} references lead`
  return `${count} out of the broadcast and ${cut.count === 1 ? 'is' : 'are'} cut: ${first.place} in ${first.document}, line ${first.line}, is ${first.reference}`
}

/** `ffmpeg 360p, 29.97/s, 1.8 × real time`. */
export function decodedText({ height, framesPerS, speed }: DecodedSnapshot): string {
  const rate = framesPerS === 0 ? 'key frames only' : `${framesPerS}/s`
  return `ffmpeg ${height}p, ${rate}, ${speed.toFixed(1)} × real time`
}
