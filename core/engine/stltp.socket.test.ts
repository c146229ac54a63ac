import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { u16At } from '../bytes/ints.ts'
import { twoServicesFixture } from '../testing/make-fixtures.ts'
import { ipPacketsFrom, plpByDestination, stltpPackets } from '../testing/reencapsulate.ts'
import { livePart, sessionOf } from '../testing/session-of.ts'
import { Engine } from './engine.ts'

test('stltp:// joins the tunnel and its FEC, and finds the services inside', async () => {
  const tunnel = stltpPackets(ipPacketsFrom(await twoServicesFixture()), {
    plpOf: plpByDestination(2),
    fec: { columns: 5, rows: 4, rowFec: true },
    lost: (index) => index > 40 && index % 31 === 5,
  })
  const engine = new Engine({ defaultDumpDir: '.', demoDir: '.', version: 'test' })
  const on = { interfaces: ['127.0.0.1'], services: 'all' } as const
  const session = await engine.start(sessionOf([livePart('source', 'stltp://239.1.2.3:31000', on)]))
  const sender = createSocket('udp4')
  sender.bind(0, '127.0.0.1')
  await once(sender, 'listening')
  sender.setMulticastInterface('127.0.0.1')
  sender.setMulticastTTL(0)
  try {
    for (const { bytes } of tunnel) {
      await new Promise((sent) => sender.send(bytes.subarray(28), u16At(bytes, 22), '239.1.2.3', sent))
      // The receiver shares this process: it reads between two sends.
      await new Promise(setImmediate)
    }
    await expect
      .poll(() => session.snapshot().links[0]?.counts.packets ?? 0, { timeout: 10_000 })
      .toBeGreaterThan(tunnel.length / 2)
    await session.stop()
    const report = session.contents.report()
    expect(report.links).toMatchObject([{ kind: 'stltp', destination: '239.1.2.3:31000' }])
    expect(report.links[0]?.counts.recovered).toBeGreaterThan(0)
    expect(report.services.map(({ id }) => id)).toEqual([1, 2])
    expect(report.services.every(({ sessions }) => sessions.length > 0)).toBe(true)
    expect(new Set(report.flows.map(({ plp }) => plp))).toEqual(new Set([null, 0, 1]))
  } finally {
    sender.close()
    await engine.close()
  }
})
