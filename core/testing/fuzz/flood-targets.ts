import { FloodSender } from '../flood-sender.ts'
import type { HostileDatagram } from '../hostile-captures.ts'
import { liveFloods } from '../live-floods.ts'
import type { FuzzTarget, OpenTarget } from './fuzz-target.ts'
import { Victim } from './victim.ts'

/** A flood of each kind of hostile sender on loopback, while the gateway is asked again and again, and then ended. */
export const floodTargets = (): FuzzTarget[] =>
  liveFloods().map(({ name, url, datagrams }) => ({
    name: `flood of ${name}`,
    unit: 'datagrams',
    weight: 10,
    batch: 10_000,
    open: async (): Promise<OpenTarget> => {
      const victim = await Victim.start(
        ['gateway', url, '--interface', '127.0.0.1', '--listen', '127.0.0.1:0'],
        /Serving http:\/\/127\.0\.0\.1:(\d+)/,
      )
      const sender = await FloodSender.open()
      let flood: readonly HostileDatagram[] = []
      return {
        async run(count, random, spent) {
          flood = datagrams(Math.floor(random() * 1e9), count)
          let flows = true
          const sending = sender
            .send(flood, () => true)
            .finally(() => {
              flows = false
            })
          let wrong: string | null = null
          while (flows && wrong === null) wrong = await victim.answers(spent)
          await sending
          return wrong ?? victim.answers(spent)
        },
        memory: () => victim.peakBytes(),
        endMs: () => victim.endMs,
        async close() {
          let flows = true
          const sending = sender.sendAgain(flood, () => flows)
          const wrong = await victim.stop()
          flows = false
          await sending
          sender.close()
          return wrong
        },
      }
    },
  }))
