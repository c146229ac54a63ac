import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEMO_FOLDER } from './make-fixtures.ts'

/** A frame of MPEG-1 layer III: 128 kbit/s, 44.1 kHz, mono, 417 bytes, 1152 samples; silence but for its number. */
export function mp3Frame(number: number): Buffer {
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0xc0])
  // Behind the side information, where nothing is read that its lengths of 0 leave out.
  frame.writeUInt32BE(number & 0x7fff_ffff, 100)
  return frame
}

/** MP3 frames one behind the other; each lasts 26.12 ms. */
export const mp3Of = (frames: number, first = 0): Buffer =>
  Buffer.concat(Array.from({ length: frames }, (_, at) => mp3Frame(first + at)))

/** ADTS frames: AAC-LC, 48 kHz, stereo, of 1024 samples. */
export const adtsOf = (frames: number): Buffer =>
  Buffer.concat(
    Array.from({ length: frames }, (_, number) => {
      const size = 100 + (number % 7)
      const frame = Buffer.alloc(size, number & 0x7f)
      frame.set([0xff, 0xf1, 0x4c, 0x80 | (size >> 11), (size >> 3) & 255, ((size & 7) << 5) | 0x1f, 0xfc])
      return frame
    }),
  )

/**
 * An MPEG-2 transport stream of one video: every 10 packets PAT and PMT, and a clock reference 100 ms later than the one before, in a
 * packet that is a random access point where its number is a multiple of 50.
 */
export function tsOf(packets: number): Buffer {
  const all: Buffer[] = []
  for (let number = 0; number < packets; number++) {
    if (number % 10 === 0) all.push(section(0, PAT), section(0x100, PMT))
    all.push(videoPacket(number))
  }
  return Buffer.concat(all)
}

const PAT = [0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe1, 0x00, 0, 0, 0, 0]
const PMT = [0x02, 0xb0, 18, 0, 1, 0xc1, 0, 0, 0xe1, 0x01, 0xf0, 0, 0x1b, 0xe1, 0x01, 0xf0, 0, 0, 0, 0, 0]

function section(pid: number, bytes: readonly number[]): Buffer {
  const packet = Buffer.alloc(188, 0xff)
  packet.set([0x47, 0x40 | (pid >> 8), pid & 255, 0x10, 0, ...bytes])
  return packet
}

function videoPacket(number: number): Buffer {
  const packet = Buffer.alloc(188, 0x55)
  packet.set([0x47, 0x01, 0x01, 0x10])
  packet.writeUInt32BE(number, 184)
  if (number % 10 !== 0) return packet
  const clock = BigInt(number / 10) * 9000n
  packet.set([0x47, 0x01, 0x01, 0x30, 7, number % 50 === 0 ? 0x50 : 0x10])
  packet.writeUIntBE(Number(clock >> 1n), 6, 4)
  packet.set([Number(clock & 1n) << 7, 0], 10)
  return packet
}

/** The demo's video as one fragmented MP4 file, and the lengths of its initialisation segment and segments. */
export function demoMp4(): { readonly file: Buffer; readonly init: Buffer; readonly segments: readonly Buffer[] } {
  const read = (name: string): Buffer => readFileSync(join(DEMO_FOLDER, name))
  const init = read('video-init.mp4')
  const segments = [1, 2, 3].map((number) => read(`video-${number}.m4s`))
  return { file: Buffer.concat([init, ...segments]), init, segments }
}
