import { mkdirSync, writeFileSync } from 'node:fs'
import type { ReportAlarm } from '../contract/report.ts'
import { type Datagram, pcapOf } from './datagrams.ts'
import { inspect, routescope, type TestFolder, treeOf } from './program.ts'

/** What the commands make of a capture. */
export type ReceivedCapture = {
  /** Its file. */
  readonly capture: string
  /** Exit status and summary of `receive --out`. */
  readonly status: number | null
  readonly summary: string
  /** Name and size of each file it writes for service 1, in order, and the folder they are in. */
  readonly files: readonly [string, number][]
  readonly folder: string
  /** What `inspect` finds. */
  readonly alarms: readonly ReportAlarm[]
}

let captures = 0

/** Writes packets as a capture, and runs `receive --out` and `inspect` on it. */
export async function receivedCapture(
  within: TestFolder,
  packets: readonly Datagram[],
  options: readonly string[] = [],
): Promise<ReceivedCapture> {
  const capture = within.at(`${++captures}.pcap`)
  const out = within.at(`out${captures}`)
  writeFileSync(capture, pcapOf(packets))
  mkdirSync(out)
  const { status, stderr } = await routescope(['receive', '--capture', capture, '--out', out, ...options])
  const files = treeOf(out).map(({ path, size }) => [path.replace('service1/', ''), size] as [string, number])
  const { alarms } = await inspect(capture)
  return { capture, status, summary: stderr, files, folder: `${out}/service1`, alarms }
}
