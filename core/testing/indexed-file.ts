/** A file of an initialisation segment, its index, and media segments, with the ranges of the first two, inclusive. */
export type IndexedFile = {
  readonly bytes: Buffer
  readonly initRange: string
  readonly indexRange: string
}

/**
 * @param duration of each segment, ticks
 * @param depth 1: the index refers to an index for each two segments
 */
export function indexedFile(
  init: Uint8Array,
  segments: readonly Uint8Array[],
  timescale: number,
  duration: number,
  depth = 0,
): IndexedFile {
  const entry = (bytes: number, isIndex = false) => ({ bytes, duration: duration * (isIndex ? 2 : 1), isIndex })
  const one = (parts: readonly Uint8Array[], earliest: number) =>
    segmentIndex(
      timescale,
      earliest,
      parts.map(({ length }) => entry(length)),
    )
  let index = one(segments, 0)
  let rest = Buffer.concat(segments)
  if (depth > 0) {
    const groups = Array.from({ length: Math.ceil(segments.length / 2) }, (_, at) => {
      const own = segments.slice(2 * at, 2 * at + 2)
      return Buffer.concat([one(own, 2 * at * duration), ...own])
    })
    index = segmentIndex(
      timescale,
      0,
      groups.map(({ length }) => entry(length, true)),
    )
    rest = Buffer.concat(groups)
  }
  const bytes = Buffer.concat([init, index, rest])
  return {
    bytes,
    initRange: `0-${init.length - 1}`,
    indexRange: `${init.length}-${init.length + index.length - 1}`,
  }
}

function segmentIndex(
  timescale: number,
  earliest: number,
  entries: readonly { readonly bytes: number; readonly duration: number; readonly isIndex: boolean }[],
): Buffer {
  const box = Buffer.alloc(32 + 12 * entries.length)
  box.writeUInt32BE(box.length, 0)
  box.write('sidx', 4, 'latin1')
  box.writeUInt32BE(1, 12)
  box.writeUInt32BE(timescale, 16)
  box.writeUInt32BE(earliest, 20)
  box.writeUInt16BE(entries.length, 30)
  entries.forEach(({ bytes, duration, isIndex }, at) => {
    box.writeUInt32BE(bytes + (isIndex ? 2 ** 31 : 0), 32 + 12 * at)
    box.writeUInt32BE(duration, 36 + 12 * at)
  })
  return box
}
