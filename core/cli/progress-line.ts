import { shownText } from '../contract/shown-text.ts'
import type { RepairSnapshot, SessionSnapshot } from '../contract/snapshot.ts'

/** A line that is rewritten in place on a terminal; nothing is written to a pipe. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream
  #shown = false

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** @param snapshot makes it, where it is shown: a long session costs much to look at */
  show(snapshot: () => SessionSnapshot): void {
    if (!this.#stream.isTTY) return
    const columns = this.#stream.columns || 80
    this.#stream.write(`\r\u001b[2K${shownText(progressText(snapshot())).slice(0, columns - 1)}`)
    this.#shown = true
  }

  clear(): void {
    if (!this.#shown) return
    this.#stream.write('\r\u001b[2K')
    this.#shown = false
  }
}

/** `62 %  1.21 Gb/s  3 719 objects  2 incomplete  0 malformed`, or the sender's counters. */
export function progressText(snapshot: SessionSnapshot): string {
  const parts: string[] = []
  const progress = snapshot.source.progress
  if (progress?.totalBytes) parts.push(`${Math.floor((100 * progress.doneBytes) / progress.totalBytes)} %`)
  for (const { packets, rateBps, objects, lateMs } of snapshot.broadcasts) {
    parts.push(`sending ${bitrate(rateBps)}`, `${packets} packets`, `${objects} objects`)
    if (lateMs > 0) parts.push(`${Math.round(lateMs)} ms behind`)
  }
  for (const { files, bytes } of snapshot.uploads) parts.push(`${files} uploads`, `${(bytes / 1e6).toFixed(1)} MB`)
  if (snapshot.receives && snapshot.uploads.length === 0) {
    const { rateBps, complete, incomplete, malformed, packets } = snapshot.totals
    if (packets === 0) parts.push('nothing received yet')
    else parts.push(bitrate(rateBps), `${complete} objects`, `${incomplete} incomplete`)
    if (malformed > 0) parts.push(`${malformed} malformed`)
    if (snapshot.repair !== null) parts.push(repairText(snapshot.repair))
    let dropped = 0
    for (const socket of snapshot.source.sockets) dropped += socket.droppedByHost ?? 0
    if (dropped > 0) parts.push(`${dropped} dropped by this machine`)
  }
  for (const { file, packets, bytes, endedWallUs } of snapshot.recordings) {
    if (endedWallUs === null) parts.push(`${packets} packets, ${(bytes / 1e6).toFixed(1)} MB to ${file}`)
  }
  return parts.join('  ')
}

/** `fetched 3 objects, 2 under way, 1 not made whole`. */
export function repairText({ active, queued, done, failed }: RepairSnapshot): string {
  const waiting = active + queued
  return [
    `fetched ${done} ${done === 1 ? 'object' : 'objects'}`,
    ...(waiting > 0 ? [`${waiting} under way`] : []),
    ...(failed > 0 ? [`${failed} not made whole`] : []),
  ].join(', ')
}

/** Bit rate with three significant digits in SI steps: `4.12 Mb/s`. */
export function bitrate(bps: number): string {
  for (const [limit, unit] of [
    [1e9, 'Gb/s'],
    [1e6, 'Mb/s'],
    [1e3, 'kb/s'],
  ] as const) {
    if (bps >= limit) return `${(bps / limit).toPrecision(3)} ${unit}`
  }
  return `${Math.round(bps)} b/s`
}
