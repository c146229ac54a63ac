import type { Report, ReportAlarm, ReportService } from '../contract/report.ts'
import type { SocketSnapshot } from '../contract/snapshot.ts'
import { SessionColumns } from '../inspect/session-columns.ts'
import { Receiver } from '../receive/receiver.ts'
import { DEFAULT_RECEIVE } from './default-receive.ts'
import { content, type TestPacket, testFlow, testPacket } from './test-session.ts'

/** One media channel in a test's S-TSID and MPD. */
export type TestTrack = { readonly tsi: number; readonly role: 'video' | 'audio'; readonly step: string }

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A receiver and its columns with a test clock and packets sent by the test. */
export class TestReception {
  readonly columns: SessionColumns
  readonly receiver: Receiver
  readonly flow = testFlow()
  timeUs = 1_700_000_000_000_000
  readonly startUs = this.timeUs
  #frame = 0
  #tois = 1

  constructor() {
    this.columns = new SessionColumns({ hash: false })
    const { destinationAddress: address, destinationPort: port } = this.flow
    this.receiver = new Receiver(
      { targets: [{ kind: 'route', address, port }], receive: { ...DEFAULT_RECEIVE, services: 'all' } },
      { whole: () => undefined },
      this.columns,
    )
    this.columns.joined(this.timeUs)
  }

  /** Advances the time: the receiver ticks and the columns are sampled, as often as in a session. */
  pass(ms: number): void {
    const untilUs = this.timeUs + ms * 1000
    while (this.timeUs < untilUs) {
      this.timeUs = Math.min(untilUs, this.timeUs + 100_000)
      this.receiver.tick(this.timeUs)
      this.columns.sample(this.timeUs)
    }
  }

  packet(packet: TestPacket, extra?: (bytes: Uint8Array) => Uint8Array): void {
    const bytes = testPacket(packet)
    const sent = extra?.(bytes) ?? bytes
    this.receiver.datagram(this.flow, sent, 0, sent.length, this.timeUs, ++this.#frame)
  }

  signalling(text: string): void {
    const bytes = utf8(text)
    this.packet({ tsi: 0, toi: this.#tois++, codepoint: 3, payload: bytes, length: bytes.length })
  }

  /** A media segment of `packets` packets, 20 ms apart, without those listed in `lost`. */
  segment(tsi: number, toi: number, packets = 10, lost: readonly number[] = []): void {
    const length = packets * 100
    const payload = content(length, toi)
    for (let at = 0; at < packets; at++) {
      if (!lost.includes(at))
        this.packet({ tsi, toi, offset: at * 100, payload: payload.subarray(at * 100, at * 100 + 100), length })
      this.pass(20)
    }
  }

  init(tsi: number): void {
    this.packet({ tsi, toi: 0xffff_ffff, codepoint: 5, payload: content(50, tsi), length: 50 })
  }

  /** S-TSID of tracks whose segments are named `<tsi>/<TOI>.m4s`, and an MPD of them. */
  announce(tracks: readonly TestTrack[], mpdAttributes = 'type="static" mediaPresentationDuration="PT1000S"'): void {
    const ls = tracks.map(
      ({ tsi, role }) =>
        `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294967295" fileTemplate="${tsi}/$TOI$.m4s"/></EFDT><ContentInfo><MediaInfo repId="r${tsi}" contentType="${role}"/></ContentInfo></SrcFlow></LS>`,
    )
    this.signalling(`<S-TSID><RS>${ls.join('')}</RS></S-TSID>`)
    this.signalling(mpd(tracks, mpdAttributes))
  }

  sockets(drops: number | null, change: Partial<SocketSnapshot> = {}): void {
    const socket: SocketSnapshot = {
      destination: this.flow.destination,
      interface: 'lo',
      joinedWallUs: this.startUs,
      packets: 0,
      askedBufferBytes: 10_000,
      grantedBufferBytes: 10_000,
      reading: 'one by one',
      droppedByHost: drops,
      filter: null,
      passedOver: 0,
      problem: null,
      ...change,
    }
    this.columns.hostSockets([socket], this.timeUs)
  }

  close(): Report {
    this.receiver.close(this.timeUs)
    this.columns.settle(this.timeUs - this.startUs)
    const source = { kind: 'capture', name: 'x.pcap', firstTime: null, lastTime: null } as const
    return this.columns.views.report(source, { frames: 0, udp: 0, bytes: 0, fragmentsDropped: 0 })
  }

  alarms(rule: string): ReportAlarm[] {
    return this.columns.views.alarms().filter((alarm) => alarm.rule === rule)
  }
}

/** An MPD with the given `SegmentTemplate` attributes and children. */
function mpd(tracks: readonly TestTrack[], attributes: string): string {
  const sets = tracks.map(
    ({ tsi, role, step }) =>
      `<AdaptationSet contentType="${role}"><SegmentTemplate media="${tsi}/${step.startsWith('<') ? '$Time$' : '$Number$'}.m4s" initialization="${tsi}/init.mp4" ${step.startsWith('<') ? `timescale="90000">${step}</SegmentTemplate>` : `${step}/>`}<Representation id="r${tsi}" bandwidth="1"/></AdaptationSet>`,
  )
  return `<MPD ${attributes}><Period id="p" start="PT0S">${sets.join('')}</Period></MPD>`
}

export function serviceOf(report: Report): ReportService {
  const [service] = report.services
  if (service === undefined) throw new Error('no service in the report')
  return service
}
