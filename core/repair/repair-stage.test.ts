import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RepairSpec } from '../contract/session-spec.ts'
import type { RepairFact } from '../flow/facts.ts'
import type { Finding } from '../flow/findings.ts'
import { ownBytes } from '../flow/lease.ts'
import type { FlowFile, FlowObject, ObjectSink } from '../flow/objects.ts'
import type { Alarm } from '../inspect/rules/alarm.ts'
import { Judge } from '../inspect/rules/judge.ts'
import { readBoxes } from '../media/bmff/boxes.ts'
import { DEFAULT_REPAIR } from '../testing/default-receive.ts'
import { content, TestSession, testFlow } from '../testing/test-session.ts'
import { RepairStage, type RepairStageOptions } from './repair-stage.ts'

const demo = join(__dirname, '..', '..', 'assets', 'demo', 'presentation')
const segment = new Uint8Array(readFileSync(join(demo, 'video-2.m4s')))
const init = new Uint8Array(readFileSync(join(demo, 'video-init.mp4')))

class Taken implements ObjectSink {
  readonly files: FlowFile[] = []
  readonly given: FlowObject[] = []
  readonly holds: boolean

  constructor(holds: boolean) {
    this.holds = holds
  }
  whole(file: FlowFile): void {
    this.files.push({ ...file, lease: ownBytes(file.lease.bytes.slice()) })
  }
  lost(object: FlowObject): void {
    this.given.push(object)
  }
  get names(): string[] {
    return this.files.map(({ name, complete, patched }) => `${name} ${complete ? 'whole' : (patched ?? 'as it is')}`)
  }
}

/** A receiver with the stage behind it, and a ROUTE service whose segments are called `v-<TOI>.m4s`. */
class Staged {
  readonly files = new Taken(false)
  readonly store: Taken | null
  readonly repairs = new Map<number, RepairFact>()
  readonly alarms: Alarm[] = []
  readonly findings: Finding[] = []
  readonly #judge = new Judge((alarm) => void this.alarms.push(alarm))
  readonly stage: RepairStage
  readonly session: TestSession

  constructor(
    spec: Partial<RepairSpec>,
    keepCorrupt = false,
    withStore = true,
    more: Partial<RepairStageOptions> = {},
  ) {
    this.store = withStore ? new Taken(true) : null
    this.stage = new RepairStage({
      spec: { ...DEFAULT_REPAIR, ...spec },
      keepCorrupt,
      files: this.files,
      store: this.store,
      idle: !withStore && !keepCorrupt,
      observer: {
        objectRepaired: (index, repair) => void this.repairs.set(index, repair),
        found: (finding) => {
          this.findings.push(finding)
          this.#judge.found(finding)
        },
      },
      serversOf: () => [],
      usefulUntilUs: () => null,
      fetcher: null,
      ...more,
    })
    const stage = this.stage
    this.session = new TestSession(
      { kind: 'route', address: '239.255.1.1', port: 5000 },
      { keepCorrupt },
      {},
      {
        holds: stage.holds,
        whole: (file) => stage.whole(file),
        begun: (object) => stage.begun(object),
        lost: (object) => stage.lost(object),
        busy: () => stage.busy(),
      },
    )
    const stsid = `<S-TSID><RS><LS tsi="10"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294944000" afdt:efdtVersion="1" afdt:fileTemplate="v-$TOI$.m4s" xmlns:afdt="a"><File Content-Location="init.mp4" TOI="4294967295"/></FDT-Instance></EFDT><Payload codePoint="128" formatId="1" frag="0" order="true"/></SrcFlow></LS></RS></S-TSID>`
    const body = `Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: stsid.xml\r\n\r\n${stsid}\r\n--b--\r\n`
    this.session.sendObject({ tsi: 0, toi: 1, codepoint: 3 }, new TextEncoder().encode(body))
  }

  /** Sends an object without the packets at some of its offsets. */
  send(toi: number, bytes: Uint8Array, without: readonly number[], codepoint = 8): void {
    for (let offset = 0; offset < bytes.length; offset += 1000) {
      if (without.includes(offset)) continue
      const payload = bytes.subarray(offset, offset + 1000)
      this.session.send({ tsi: 10, toi, codepoint, length: bytes.length, offset, payload }, testFlow())
    }
  }

  /** Ends incomplete objects. */
  end(): this {
    this.session.pass(60_000)
    this.session.close()
    return this
  }
}

describe('the repair stage', () => {
  it('none: incomplete objects are only reported as lost', () => {
    const run = new Staged({ mode: 'none' })
    run.send(1, segment, [5000])
    run.send(2, segment, [])
    run.end()
    expect(run.files.names).toEqual(['v-2.m4s whole'])
    expect(run.store?.names).toEqual(['v-2.m4s whole'])
    expect(run.store?.given).toHaveLength(1)
    expect(run.repairs.size).toBe(0)
  })

  it.each(['simple', 'strict'] as const)('%s: a patched segment is served, not kept', (mode) => {
    const run = new Staged({ mode })
    run.send(1, segment, [5000])
    run.end()
    expect(run.files.names).toEqual([])
    expect(run.store?.names).toEqual([`v-1.m4s ${mode}`])
    expect(run.store?.given).toHaveLength(1)
    const [file] = run.store?.files ?? []
    expect(file?.lease.bytes.length).toBe(segment.length)
    expect(file?.missing).toEqual([[5000, 6000]])
    const types = readBoxes(file?.lease.bytes ?? new Uint8Array(0)).map(({ type }) => type)
    expect(types.slice(0, 4)).toEqual(['styp', 'sidx', 'moof', 'mdat'])
    const [patched] = run.findings
    expect(patched?.kind === 'objectPatched' ? patched.patch : '').toContain(
      mode === 'strict' ? 'without its lost samples' : 'kept with holes',
    )
    expect([...run.repairs.values()]).toEqual([
      { how: mode, kind: 'media', bytes: 1000, urls: [], fetched: [], whole: null },
    ])
    // A detail of the loss, which has its alarm.
    expect(run.alarms).toEqual([])
  })

  it('also kept where corrupt files are, each once', () => {
    const run = new Staged({ mode: 'strict' }, true)
    run.send(1, segment, [5000])
    run.end()
    expect(run.files.names).toEqual(['v-1.m4s strict'])
    expect(run.store?.names).toEqual(['v-1.m4s strict'])
    const plain = new Staged({ mode: 'none' }, true)
    plain.send(1, segment, [5000])
    plain.end()
    expect(plain.files.names).toEqual(['v-1.m4s as it is'])
    expect(plain.store?.names).toEqual(['v-1.m4s as it is'])
  })

  it('without a reader nothing is patched', () => {
    const run = new Staged({ mode: 'strict' }, false, false)
    run.send(1, segment, [5000])
    run.end()
    expect(run.files.names).toEqual([])
    expect(run.repairs.size).toBe(0)
    expect(run.stage.holds).toBe(false)
  })

  it('a damaged initialisation segment is never patched or served', () => {
    for (const keepCorrupt of [false, true]) {
      const run = new Staged({ mode: 'strict' }, keepCorrupt)
      const long = new Uint8Array(3000)
      long.set(init)
      run.send(0xffff_ffff, long, [1000], 5)
      run.end()
      expect(run.store?.names).toEqual([])
      expect(run.files.names).toEqual(keepCorrupt ? ['init.mp4 as it is'] : [])
      expect(run.repairs.size).toBe(0)
    }
  })

  it('leaves anything but a segment as it is', () => {
    const run = new Staged({ mode: 'strict' }, true)
    run.send(1, content(5000), [2000])
    run.end()
    expect(run.files.names).toEqual(['v-1.m4s as it is'])
  })

  it('an object of forged length costs no more than its received bytes', () => {
    const run = new Staged({ mode: 'strict' })
    const flow = testFlow()
    run.session.send({ tsi: 10, toi: 1, length: 0xff_ffff, offset: 0, payload: segment.subarray(0, 1000) }, flow)
    run.session.send({ tsi: 10, toi: 1, length: 0xff_ffff, offset: 0xff_0000, payload: content(100) }, flow)
    run.end()
    expect(run.store?.names).toEqual([])
  })
})
