import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostileDatagram, HostileKind } from './hostile-kind.ts'
import { mmtpSignalling, mpuPacket } from './hostile-packets.ts'
import { DEMO_FOLDER } from './make-fixtures.ts'
import { type MadeMpu, makeMpu } from './mmtp-files.ts'

/** MMTP senders: MPUs, fragments and messages of any number. */
export const HOSTILE_MMTP: readonly HostileKind[] = [
  {
    name: 'MPUs of any number',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({ packetId: 35, sequence: number, fragmentType: 2, mpu: below(2 ** 32), body: 20 }),
    }),
  },
  {
    name: 'MPUs of any number and asset',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: below(65_536),
        sequence: number,
        fragmentType: below(3),
        indicator: below(4),
        fragmentCounter: below(256),
        mpu: below(2 ** 32),
        body: 20,
      }),
    }),
  },
  {
    name: 'MPUs that skip numbers',
    protocol: 'mmtp',
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35 + (number & 255),
        sequence: number,
        fragmentType: 2,
        mpu: number >> 2,
        body: 20,
      }),
    }),
  },
  {
    name: 'fragments of MPU metadata',
    protocol: 'mmtp',
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number,
        fragmentType: number & 1,
        indicator: 1 + (number % 3),
        fragmentCounter: 255 - (number & 255),
        mpu: 7 + (number >> 12),
        body: 20,
      }),
    }),
  },
  {
    name: 'media units of one MPU',
    protocol: 'mmtp',
    first: mpuMetadata,
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number + 10,
        fragmentType: 2,
        mpu: 700,
        movieFragment: 1,
        sample: below(2) === 0 ? 1 : below(2 ** 32),
        offset: below(2 ** 32),
        body: 20,
      }),
    }),
  },
  {
    name: 'movie fragments of one MPU',
    protocol: 'mmtp',
    first: mpuMetadata,
    next: (number) => ({
      bytes: mpuPacket({
        packetId: 35,
        sequence: number + 10,
        fragmentType: 1,
        mpu: 700 + (number >> 10),
        body: renumbered(demoMpu().fragment, number),
      }),
    }),
  },
  {
    name: 'metadata of one MPU after another',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mpuPacket({
        packetId: 35 + below(16),
        sequence: number,
        fragmentType: number & 1,
        mpu: number >> 1,
        body: (number & 1) === 0 ? demoMpu().metadata : demoMpu().fragment,
      }),
    }),
  },
  {
    name: 'fragments of signalling messages',
    protocol: 'mmtp',
    next: (number, below) => ({
      bytes: mmtpSignalling(below(4096), number, number % 3 === 0 ? 1 : 2, new Uint8Array(20)),
    }),
  },
]

let demo: MadeMpu | null = null

function demoMpu(): MadeMpu {
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))
  demo ??= makeMpu(read('audio-init.mp4'), read('audio-1.m4s'), 700, 'asset', false)
  return demo
}

function mpuMetadata(): HostileDatagram[] {
  const { metadata, fragment } = demoMpu()
  return [metadata, fragment].map((body, sequence) => ({
    bytes: mpuPacket({ packetId: 35, sequence, fragmentType: sequence, mpu: 700, body }),
  }))
}

/** A movie fragment with another number. */
function renumbered(fragment: Uint8Array, number: number): Uint8Array {
  const copy = fragment.slice()
  new DataView(copy.buffer).setUint32(20, number)
  return copy
}
