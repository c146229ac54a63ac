import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { Report } from '../contract/report.ts'
import { FloodSender } from '../testing/flood-sender.ts'
import { Victim } from '../testing/fuzz/victim.ts'
import { liveFloods } from '../testing/live-floods.ts'
import { TestFolder } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const SEED = 20261129
const DATAGRAMS = 20_000
/** Of an idle gateway, and of objects within their limits. */
const MOST_BYTES = 400e6

/** Asks a gateway without a pause while it is flooded, then ends it while the flood goes on. */
async function flooded(name: string) {
  const flood = liveFloods().find((each) => each.name === name)
  if (flood === undefined) throw new RangeError(name)
  const datagrams = flood.datagrams(SEED, DATAGRAMS)
  const report = folder.at(`${name}.json`)
  const victim = await Victim.start(
    ['gateway', flood.url, '--interface', '127.0.0.1', '--listen', '127.0.0.1:0', '--report', report],
    /Serving http:\/\/127\.0\.0\.1:(\d+)/,
  )
  const sender = await FloodSender.open()
  const complaints: (string | null)[] = []
  let flows = true
  const once = sender
    .send(datagrams, () => true)
    .finally(() => {
      flows = false
    })
  while (flows) complaints.push(await victim.answers(() => undefined))
  await once
  const peakBytes = victim.peakBytes()
  let ended = false
  const endless = sender.sendAgain(datagrams, () => !ended)
  const end = await victim.stop()
  ended = true
  await endless
  sender.close()
  const { flows: received } = JSON.parse(readFileSync(report, 'utf8')) as Report
  return { complaints, peakBytes, end, packets: received.reduce((sum, { packets }) => sum + packets, 0) }
}

describe('a gateway in a flood answers every request, keeps its memory and ends on SIGTERM', () => {
  it.each(['claims of 16 MB', 'small whole objects', 'MPUs of any number', 'emergency alerts', 'session descriptions'])(
    '%s',
    async (name) => {
      const { complaints, peakBytes, end, packets } = await flooded(name)
      expect(complaints.length).toBeGreaterThan(1)
      // How much of a flood is taken is a matter of the machine: more than was asked meanwhile.
      expect(packets).toBeGreaterThan(complaints.length)
      expect(complaints.filter((complaint) => complaint !== null)).toEqual([])
      expect(peakBytes).toBeLessThan(MOST_BYTES)
      expect(end).toBe(null)
    },
  )
})
