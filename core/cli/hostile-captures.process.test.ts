import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { HOSTILE_KINDS, hostileCapture, SLOW_STEP_US } from '../testing/hostile-captures.ts'
import { HOSTILE_CONTAINERS } from '../testing/hostile-containers.ts'
import { RunningProgram, TestFolder } from '../testing/program.ts'

/** Runs the program with a script around it, which prints its peak of memory at the end, kB. */
const AROUND = `process.on('exit', () => console.error('peak ' + process.resourceUsage().maxRSS)); require(process.argv[1])`
const CAPTURE_BYTES = 10_000_000
const MOST_KB = 300 << 10

const folder = new TestFolder()
afterAll(() => folder.remove())

function captureOf(name: string, stepUs?: number): string {
  const kind = HOSTILE_KINDS.find((each) => each.name === name)
  if (kind === undefined) throw new RangeError(name)
  const path = folder.at('hostile.pcap')
  writeFileSync(path, hostileCapture(kind, 1, CAPTURE_BYTES, stepUs))
  return path
}

async function peakOf(...args: string[]): Promise<number> {
  const program = new RunningProgram(args, { command: [process.execPath, '-e', AROUND] })
  const { status, stderr } = await program.ended
  // 1 and 3: it is damaged, or has nothing to receive.
  if (![0, 1, 3].includes(status ?? -1)) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return Number(/peak (\d+)/.exec(stderr)?.[1])
}

describe('a capture of 10 MB takes less than 300 MB', () => {
  it.each([
    'lengths of 24 bits',
    'lengths in small packets',
    'scattered offsets of one object',
    'protected objects of a claimed length',
    // Each of these took minutes, since repair symbols cost far more than they weigh.
    'repair symbols of one byte',
    'repair objects in all TSIs',
    'repair symbols slower than they expire',
    'repair symbols that arrive in an hour each',
    'RaptorQ over FLUTE of one byte',
  ])('inspect: %s', async (name) => {
    expect(await peakOf('inspect', captureOf(name))).toBeLessThan(MOST_KB)
  })

  it.each([
    // Each took 0.3 to 0.6 GB: numbers of all that was skipped, and garbage of objects that were soon dropped.
    'MPUs that skip numbers',
    'offsets of new objects in many TSIs',
    'packages that change',
  ])('inspect, where packets are 100 ms apart: %s', async (name) => {
    expect(await peakOf('inspect', captureOf(name, SLOW_STEP_US))).toBeLessThan(MOST_KB)
  })

  it.each(HOSTILE_CONTAINERS)('inspect: $name', async ({ make }) => {
    const path = folder.at('container.pcap')
    writeFileSync(path, make(CAPTURE_BYTES, 1))
    expect(await peakOf('inspect', path)).toBeLessThan(MOST_KB)
  })

  it('receive: lengths of 24 bits of a named service', async () => {
    const path = captureOf('lengths of 24 bits of a named service')
    expect(await peakOf('receive', '--capture', path, '--out', folder.at('out'))).toBeLessThan(MOST_KB)
  })
})
