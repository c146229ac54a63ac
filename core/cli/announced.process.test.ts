import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { TestFolder } from '../testing/program.ts'
import { fluteCapture, ServedCapture } from '../testing/served-files.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** Packets of `a.bin` in one round. */
const ROUND = 4
const FILES = [
  { name: 'a.bin', bytes: 'x'.repeat(ROUND * 1000) },
  { name: 'late.bin', bytes: 'abc' },
]

function captureOf(name: string, ...settings: Parameters<typeof fluteCapture>): string {
  writeFileSync(folder.at(name), fluteCapture(...settings))
  return folder.at(name)
}

// Each waits for its capture to be played in real time.
describe.concurrent('a file that only a file table announces', () => {
  it('is held until it comes', async () => {
    // A FLUTE session that no configuration claims is served after 5 s; the file comes after 8 s.
    const capture = captureOf('late.pcap', FILES, 500_000, { rounds: 4 })
    const served = await ServedCapture.open(capture, ['--pace', 'real'], null)
    try {
      const states = new Set<string | null>()
      const late = await served.askUntil('/service1/late.bin', ({ status, state }) => {
        if (status !== 200) states.add(`${status} ${state}`)
        return status === 200
      })
      expect(late.text).toBe('abc')
      expect([...states]).toEqual(['503 expected'])
    } finally {
      await served.close()
    }
  })

  it('is lost once its entry has expired', async () => {
    const capture = captureOf('expired.pcap', FILES, 500_000, { rounds: 6, withLast: false, lastsUs: 8_000_000 })
    const served = await ServedCapture.open(capture, ['--pace', 'real'], null)
    try {
      const states: string[] = []
      const lost = await served.askUntil('/service1/late.bin', ({ status, state }) => {
        states.push(`${status} ${state}`)
        return status === 404
      })
      expect(new Set(states)).toEqual(new Set(['503 expected', '404 lost']))
      expect(lost.text).toContain('It was announced by a file table')
      // The session goes on meanwhile.
      expect((await served.ask('/service1/a.bin')).status).toBe(200)
      expect((await served.ask('/service1/other.bin')).state).toBe('unknown')
    } finally {
      await served.close()
    }
  })
})

it.concurrent('an object that is under way when its session is given to a service is served while it arrives', async () => {
  const big = { name: 'big.bin', bytes: 'y'.repeat(40_000) }
  const capture = captureOf('under-way.pcap', [big], 250_000)
  const served = await ServedCapture.open(capture, ['--pace', 'real'], null)
  try {
    const arriving = await served.askUntil('/service1/big.bin', ({ status }) => status === 200)
    // The answer began before the file was whole: a stored file may be kept by caches.
    expect(arriving.headers['cache-control']).toBe('no-store')
    expect(arriving.text).toBe(big.bytes)
  } finally {
    await served.close()
  }
})
