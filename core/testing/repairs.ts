import type { RepairSpec } from '../contract/session-spec.ts'
import type { ByteRange } from '../flow/objects.ts'
import { HttpRepair, type RepairLimits } from '../repair/http-repair.ts'
import type { FetchOutcome, WantedObject } from '../repair/repair-job.ts'
import { DEFAULT_REPAIR } from './default-receive.ts'
import { TestClock, TestServer } from './test-server.ts'

const servers: TestServer[] = []
const repairs: HttpRepair[] = []

/** A server with these files. */
export async function serve(files: Record<string, Uint8Array>): Promise<TestServer> {
  const server = await TestServer.open(files)
  servers.push(server)
  return server
}

/** Closes what a test has opened. */
export async function closeRepairs(): Promise<void> {
  for (const repair of repairs.splice(0)) await repair.close()
  for (const server of servers.splice(0)) await server.close()
}

/** Bytes that differ from place to place. */
export const content = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + 5) & 0xff)
export const FILE = content(100_000)

/** A repair on a clock that the test moves. */
export type Setting = { readonly repair: HttpRepair; readonly clock: TestClock }
/** @param urls of its servers */
export function setting(
  urls: readonly string[],
  spec: Partial<RepairSpec> = {},
  limits: Partial<RepairLimits> = {},
  live = false,
): Setting {
  const clock = new TestClock()
  const repair = new HttpRepair({
    spec: { ...DEFAULT_REPAIR, mode: 'http', urls, allow: ['127.0.0.1'], ...spec },
    live,
    clock,
    limits,
  })
  repairs.push(repair)
  return { repair, clock }
}

/** `toEqual` compares large arrays byte by byte, for seconds. */
export const isSame = (bytes: Uint8Array | undefined, expected: Uint8Array): boolean =>
  expected.length === bytes?.length && Buffer.compare(bytes, expected) === 0

let row = 0

/** An object that lacks ranges of a file. */
export function wanted(
  file: Uint8Array,
  missing: readonly ByteRange[],
  more: Partial<WantedObject> = {},
): WantedObject {
  const bytes = file.slice()
  for (const [from, to] of missing) bytes.fill(0, from, to)
  const lost = missing.reduce((sum, [from, to]) => sum + to - from, 0)
  return {
    index: row++,
    name: 'v/1.m4s',
    size: file.length,
    received: file.length - lost,
    bytes,
    missing,
    encoded: false,
    isBoxes: false,
    listed: null,
    servers: [],
    backoff: { silentMs: 0, fixedMs: 0, randomMs: 0 },
    lastTimeUs: 0,
    usefulUntilUs: null,
    ...more,
  }
}

/** Fetches what an object lacks. */
export function fetched({ repair }: Setting, object: WantedObject): Promise<FetchOutcome | null> {
  return new Promise((resolve, reject) => {
    if (!repair.fetch(object, resolve)) reject(new Error('not taken'))
  })
}

/** Near ones, and one far from them. */
export const HOLES: readonly ByteRange[] = [
  [1448, 2896],
  [8000, 9448],
  [50_000, 51_448],
]

/** Lets pending sockets and promises run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
}
