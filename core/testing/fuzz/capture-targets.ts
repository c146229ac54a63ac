import { writeFileSync } from 'node:fs'
import { HOSTILE_KINDS, hostileCapture, SLOW_STEP_US } from '../hostile-captures.ts'
import { HOSTILE_CONTAINERS, type HostileContainer } from '../hostile-containers.ts'
import type { HostileKind } from '../hostile-kind.ts'
import { RunningProgram, TestFolder } from '../program.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { peakOf } from './victim.ts'

/** Most that any capture of 10 MB may take. */
const MOST_BYTES = 300e6
/** A packet of these senders, with its record, is about so long. */
const RECORD_BYTES = 150
const LOOK_MS = 20

/** Captures of one kind of hostile sender: half of them with a packet in each tick. */
const captureOf = (kind: HostileKind): HostileContainer => ({
  name: kind.name,
  make: (bytes, seed) => hostileCapture(kind, seed, bytes, (seed & 1) === 0 ? 50 : SLOW_STEP_US),
})

/** A capture of each kind of hostile sender, and of each kind of hostile container, read by `inspect`. */
export const captureTargets = (): FuzzTarget[] =>
  [...HOSTILE_KINDS.map(captureOf), ...HOSTILE_CONTAINERS].map((kind) => ({
    name: `capture of ${kind.name}`,
    unit: 'packets',
    weight: 10,
    batch: 65_000,
    open: async (): Promise<OpenTarget> => {
      const folder = new TestFolder()
      let peak = 0
      return {
        async run(count, random, spent) {
          const file = folder.at('hostile.pcap')
          writeFileSync(file, kind.make(count * RECORD_BYTES, Math.floor(random() * 1e9)))
          const began = performance.now()
          const program = new RunningProgram(['inspect', '--json', file])
          const look = setInterval(() => {
            peak = Math.max(peak, peakOf(program.child.pid))
          }, LOOK_MS)
          const { signal, status, stderr } = await program.ended
          clearInterval(look)
          spent(performance.now() - began)
          if (signal !== null || ![0, 1, 3].includes(status ?? -1))
            return `inspect ended with ${status ?? signal}: ${stderr}`
          return peak > MOST_BYTES ? `${Math.round(peak / 1e6)} MB for ${count} packets` : null
        },
        memory: () => peak,
        async close() {
          folder.remove()
          return null
        },
      }
    },
  }))
