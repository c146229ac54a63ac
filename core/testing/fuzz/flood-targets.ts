import { FloodSender } from '../flood-sender.ts'
import type { HostileDatagram } from '../hostile-kind.ts'
import { liveFloods } from '../live-floods.ts'
import { ANSWER_LIMIT, beyondLimit, END_LIMIT, medianOf } from './flood-limits.ts'
import type { FuzzTarget, OpenTarget, QuietTimes } from './fuzz-target.ts'
import { Victim } from './victim.ts'

/** Answers without a flood that a run compares with. */
const QUIET_ANSWERS = 25

/**
 * A flood of each kind of hostile sender on loopback, while the gateway is asked again and again, and then ended. Both times are
 * the program's own, and are judged by those of the same run without a flood.
 */
export const floodTargets = (): FuzzTarget[] =>
  liveFloods().map(({ name, url, datagrams }) => ({
    name: `flood of ${name}`,
    unit: 'datagrams',
    weight: 10,
    batch: 10_000,
    open: async (): Promise<OpenTarget> => {
      const quiet = await quietTimes(url)
      const victim = await start(url)
      const sender = await FloodSender.open()
      let flood: readonly HostileDatagram[] = []
      return {
        async run(count, random, told) {
          let worstMs = 0
          const spent = (ms: number): void => {
            worstMs = Math.max(worstMs, ms)
            told(ms)
          }
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
          wrong ??= await victim.answers(spent)
          return wrong ?? beyondLimit(ANSWER_LIMIT, worstMs, quiet.answerMs)
        },
        memory: () => victim.peakBytes(),
        endMs: () => victim.endMs,
        quiet: () => quiet,
        async close() {
          let flows = true
          const sending = sender.sendAgain(flood, () => flows)
          const wrong = await victim.stop()
          flows = false
          await sending
          sender.close()
          return wrong ?? beyondLimit(END_LIMIT, victim.endMs ?? 0, quiet.endMs)
        },
      }
    },
  }))

function start(url: string): Promise<Victim> {
  return Victim.start(
    ['gateway', url, '--interface', '127.0.0.1', '--listen', '127.0.0.1:0'],
    /Serving http:\/\/127\.0\.0\.1:(\d+)/,
  )
}

/** How long a gateway takes to answer and to end while nothing arrives. */
async function quietTimes(url: string): Promise<QuietTimes> {
  const victim = await start(url)
  const answers: number[] = []
  for (let count = 0; count < QUIET_ANSWERS; count++) await victim.answers((ms) => answers.push(ms))
  await victim.stop()
  return { answerMs: medianOf(answers), endMs: victim.endMs ?? 0 }
}
