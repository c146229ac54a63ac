import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import {
  HOSTILE_ADDRESS,
  HOSTILE_KINDS,
  HOSTILE_PORT,
  type HostileDatagram,
  hostileDatagrams,
} from '../hostile-captures.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { Victim } from './victim.ts'

/** Datagrams of one step, and its length: 20 000 a second. */
const STEP = 200
const STEP_MS = 10

/** A flood of each kind of hostile sender on loopback, while the gateway is asked again and again. */
export const floodTargets = (): FuzzTarget[] =>
  HOSTILE_KINDS.map((kind) => ({
    name: `flood of ${kind.name}`,
    unit: 'datagrams',
    weight: 10,
    batch: 10_000,
    open: async (): Promise<OpenTarget> => {
      const victim = await Victim.start(
        [
          'gateway',
          `route://${HOSTILE_ADDRESS}:${HOSTILE_PORT}`,
          '--interface',
          '127.0.0.1',
          '--listen',
          '127.0.0.1:0',
        ],
        /Serving http:\/\/127\.0\.0\.1:(\d+)/,
      )
      const socket = createSocket('udp4')
      socket.bind(0, '127.0.0.1')
      await once(socket, 'listening')
      socket.setMulticastInterface('127.0.0.1')
      socket.setMulticastTTL(0)
      return {
        async run(count, random, spent) {
          const flood = hostileDatagrams(kind, Math.floor(random() * 1e9), count)
          let flows = true
          const sending = send(socket, flood).finally(() => {
            flows = false
          })
          let wrong: string | null = null
          while (flows && wrong === null) wrong = await victim.answers(spent)
          await sending
          return wrong ?? victim.answers(spent)
        },
        memory: () => victim.peakBytes(),
        async close() {
          socket.close()
          return victim.stop()
        },
      }
    },
  }))

/** All to the one group that is joined, at the rate of the flood. */
async function send(socket: Socket, flood: readonly HostileDatagram[]): Promise<void> {
  const began = performance.now()
  for (let at = 0; at < flood.length; at += STEP) {
    for (const { bytes } of flood.slice(at, at + STEP)) socket.send(bytes, HOSTILE_PORT, HOSTILE_ADDRESS)
    const aheadMs = began + (at / STEP + 1) * STEP_MS - performance.now()
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, aheadMs)))
  }
}
