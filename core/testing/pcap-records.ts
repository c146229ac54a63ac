/** Classic pcap files as lists of records, which tests rearrange. It shares no code with the readers. */

/** One record: its 16-byte header without the lengths, and the frame. */
export type PcapRecord = { readonly seconds: number; readonly fraction: number; readonly frame: Uint8Array }

/** A pcap split into header and records. */
export type PcapRecords = {
  /** The 24 bytes before the records. */
  readonly header: Uint8Array
  readonly littleEndian: boolean
  readonly records: readonly PcapRecord[]
}

/** Splits a pcap file; the frames are views. */
export function splitPcap(file: Uint8Array): PcapRecords {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const littleEndian = file[0] === 0xd4 || file[0] === 0x4d
  const records: PcapRecord[] = []
  for (let at = 24; at + 16 <= file.length; ) {
    const length = view.getUint32(at + 8, littleEndian)
    records.push({
      seconds: view.getUint32(at, littleEndian),
      fraction: view.getUint32(at + 4, littleEndian),
      frame: file.subarray(at + 16, at + 16 + length),
    })
    at += 16 + length
  }
  return { header: file.subarray(0, 24), littleEndian, records }
}

/** Writes the pcap file. */
export function joinPcap({ header, littleEndian, records }: PcapRecords): Uint8Array {
  const bytes = records.reduce((sum, record) => sum + 16 + record.frame.length, header.length)
  const file = new Uint8Array(bytes)
  const view = new DataView(file.buffer)
  file.set(header)
  let at = header.length
  for (const { seconds, fraction, frame } of records) {
    view.setUint32(at, seconds, littleEndian)
    view.setUint32(at + 4, fraction, littleEndian)
    view.setUint32(at + 8, frame.length, littleEndian)
    view.setUint32(at + 12, frame.length, littleEndian)
    file.set(frame, at + 16)
    at += 16 + frame.length
  }
  return file
}

/** The same frames, each moved by at most `reach` positions; times stay in place. */
export function reorder(capture: PcapRecords, reach: number, random: () => number): PcapRecords {
  const places = capture.records.map((record, index) => ({ record, at: index + random() * reach }))
  places.sort((a, b) => a.at - b.at)
  return {
    ...capture,
    records: places.map(({ record }, index) => ({ ...(capture.records[index] as PcapRecord), frame: record.frame })),
  }
}

/** The same frames with a share of them repeated a few positions later. */
export function duplicate(capture: PcapRecords, share: number, random: () => number): PcapRecords {
  const records: PcapRecord[] = []
  const later: { record: PcapRecord; at: number }[] = []
  for (const [index, record] of capture.records.entries()) {
    records.push(record)
    if (random() < share) later.push({ record, at: index + Math.floor(random() * 8) })
    while (later.length > 0 && (later[0] as { at: number }).at <= index) {
      const { record: again } = later.shift() as { record: PcapRecord }
      records.push({ ...record, frame: again.frame })
    }
  }
  return { ...capture, records }
}

/** Drops a share of the frames. */
export function drop(capture: PcapRecords, share: number, random: () => number): PcapRecords {
  return { ...capture, records: capture.records.filter(() => random() >= share) }
}

/** The same frames with one to three bits flipped in a share of them, after the first `intact` bytes. */
export function flipBits(capture: PcapRecords, share: number, intact: number, random: () => number): PcapRecords {
  return {
    ...capture,
    records: capture.records.map((record) => {
      if (random() >= share || record.frame.length <= intact) return record
      const frame = record.frame.slice()
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
        const at = intact + Math.floor(random() * (frame.length - intact))
        frame[at] = (frame[at] as number) ^ (1 << Math.floor(random() * 8))
      }
      return { ...record, frame }
    }),
  }
}
