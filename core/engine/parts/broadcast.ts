import { setImmediate as nextTurn } from 'node:timers/promises'
import { defined } from '../../contract/defined.ts'
import { asServiceId } from '../../contract/ids.ts'
import { LOOPBACK } from '../../contract/loopback.ts'
import { chancesText, parseChances } from '../../contract/option-values.ts'
import type { BroadcastSnapshot } from '../../contract/sending-snapshot.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import { AppFailure, toAppError } from '../../failure/app-failure.ts'
import { FirstReports } from '../../failure/first-reports.ts'
import type { Flow } from '../../flow/datagrams.ts'
import { Version } from '../../flow/version.ts'
import type { Presentation } from '../../ingest/presentation.ts'
import { Broadcaster, type BroadcastService } from '../../send/broadcaster.ts'
import { CLOSING_REST_US, type PacketOut } from '../../send/emitter.ts'
import { LossModel } from '../../send/loss-model.ts'
import type { MabrOptions } from '../../send/mabr-multiplex.ts'
import { receiverNotes } from '../../send/receiver-notes.ts'
import { DatagramOutput } from '../datagram-output.ts'
import type { Programme } from '../faces/programme.ts'
import { KeptBack } from '../kept-back.ts'
import type { AnySection, Part, PartHost, PartTraffic, StopReason } from '../part.ts'
import { ByteRate } from '../rate-meter.ts'
import { LoopLink } from '../self-loop/loop-link.ts'
import { SentServices } from '../sent-services.ts'
import { AbsentServices } from './absent-services.ts'
import { BROADCAST_PART, type BroadcastSpec } from './broadcast-options.ts'
import { servicesOf } from './broadcast-services.ts'
import { signerOf } from './broadcast-signer.ts'
import { gatherInputs } from './gathered-inputs.ts'
import { idleForContent, idleOptions } from './idle-options.ts'
import { PRESENTATION_PART } from './presentation-options.ts'
import { type SentAddress, sentAddress } from './sent-address.ts'

/** Resolution of timers: packets whose times are closer are sent together. Half of it is how far packets are off their times. */
const WAKE_MS = 1
/** A live presentation that has nothing yet is looked at this often all the same, ms. */
const LONGEST_SLEEP_MS = 60_000
/** What is to be read ahead is looked for this often, µs. */
const LOOK_US = 250_000
/** Longest time span of packets sent before the event loop gets a turn. */
const MAX_STEP_US = 8000
/** Packets at fast pace, about, before what is read, written and asked for gets a turn. */
const FAST_PACKETS = 1024
/** What is on its way when a broadcast is stopped is sent at so many times its pace. */
const CLOSING_PACE = 4
/** Longest time that this takes, whatever the disk and the network do, µs. */
const MOST_CLOSING_US = CLOSING_REST_US / CLOSING_PACE + 500_000
/** Address of the services of an `atsc://` URL without one: A/331 §6.1 asks for 239.255.major.x. */
const ATSC_SERVICE_ADDRESS = '239.255.2.1'
const ATSC_SERVICE_PORT = 6000
/** Time in which receivers that wait for the signalling join what it names. */
const SIGNALLING_LEAD_US = 1_000_000
/** At a route:// address nothing has to be joined first; in this time the first files are read, so that none is late. */
const READING_LEAD_US = 100_000

/** Checks the URL; the presentation and the output are other parts. @throws AppFailure bad-url | not-supported */
export async function openBroadcast(spec: PartSpec, host: PartHost): Promise<Part> {
  return new BroadcastPart(spec as unknown as BroadcastSpec, host)
}

/**
 * Makes the packets of a broadcast from presentations, each a service, and gives out each at its time.
 * With `fast` pace packets carry their times, and only a recorder can take them.
 */
class BroadcastPart implements Part, PacketOut {
  readonly id: string
  readonly output = new DatagramOutput()
  readonly #spec: BroadcastSpec
  readonly #host: PartHost
  readonly #rate = new ByteRate()
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  readonly #address: SentAddress
  readonly #programmes: Programme[] = []
  readonly #loss: LossModel
  readonly #kept: KeptBack
  readonly #loop: LoopLink
  readonly #absent: AbsentServices
  #services: readonly BroadcastService[] = []
  /** What is live comes no faster than it does. */
  #isPaced = true
  #broadcaster: Broadcaster | null = null
  #sent: SentServices | null = null
  #flow: Flow | null = null
  #startUs = 0
  #source = LOOPBACK
  #stopped = false
  /** When it began to end what is on its way, µs; null while it does not. */
  #closingUs: number | null = null
  #wake: (() => void) | null = null
  #running: Promise<void> = Promise.resolve()
  #reading: Promise<void> | null = null
  #lookUs = 0
  readonly #unreadable: FirstReports

  constructor(spec: BroadcastSpec, host: PartHost) {
    this.id = spec.id
    this.#spec = spec
    this.#host = host
    this.#address = sentAddress(spec.url)
    this.#kept = host.shared(KeptBack.key, () => new KeptBack())
    this.#loop = host.shared(LoopLink.key, () => new LoopLink())
    this.#loss = new LossModel(spec.lossSeed ?? Math.floor(host.nowUs() / 1000))
    const chances = parseChances(spec.loss)
    if (chances !== null) this.#loss.chances = chances
    this.#unreadable = new FirstReports((error) => host.problem(error, 'error'))
    this.#absent = new AbsentServices(host)
    this.#sections = [
      {
        name: 'broadcast',
        version: () => this.#version.of(this.output.datagrams, Math.floor(host.nowUs() / 1e6)),
        read: () => this.#snapshot(),
      },
    ]
  }

  get losing(): LossModel {
    return this.#loss
  }

  link(to: Part): void {
    this.output.link(to)
  }

  linked(from: Part): void {
    const { programme } = from
    if (programme === undefined || programme === null) {
      throw new AppFailure(
        'bad-spec',
        `${this.id} sends a presentation, and ${from.id} gives none.`,
        'Link a presentation to it.',
      )
    }
    this.#programmes.push(programme)
  }

  ready(): Promise<void> {
    return gatherInputs(this.#programmes, this.#spec.pace)
  }

  async start(): Promise<void> {
    const { pace, mtu, carouselMs, korean, split, plainSls, bsid, serviceId, serviceName } = this.#spec
    const programmes = this.#programmes
    this.output.connect()
    const { inputs } = this.output
    if (programmes.length === 0)
      throw new AppFailure('bad-spec', `${this.id} has nothing to send.`, 'Link a presentation to it.')
    if (pace === 'fast' && (inputs.length === 0 || inputs.some(({ toNetwork }) => toNetwork))) {
      throw new AppFailure(
        'bad-spec',
        `${this.id} sends as fast as it can, to the network.`,
        'Use pace real, or send into a recorder only.',
      )
    }
    const { scheme, path } = this.#address
    const address = this.#address.address ?? ATSC_SERVICE_ADDRESS
    const port = this.#address.port ?? ATSC_SERVICE_PORT
    const services = servicesOf(this.id, programmes, { serviceId, serviceName, scheme, address, port })
    this.#absent.begin(programmes, services, (at, presentation) => this.#join(at, presentation))
    this.#services = services
    this.#sent = new SentServices(services, programmes)
    const isLive = programmes.some(({ presentation }) => presentation?.live !== undefined)
    this.#isPaced = pace === 'real' || isLive
    this.#source = this.#sourceAddress(address)
    const signer = scheme === 'mabr' ? null : await signerOf(this.#spec, this.#host)
    this.#startUs = this.#host.nowUs()
    this.#broadcaster = new Broadcaster(
      {
        scheme,
        address,
        port,
        serviceId: asServiceId(serviceId),
        serviceName,
        loop: false,
        pace: this.#isPaced ? 'real' : pace,
        flavour: korean ? 'korean' : 'us',
        mtu,
        carouselMs,
        leadUs: this.#leadUs(),
        split,
        plainSls,
        bsid,
        sourceAddress: this.#source,
        fecOverheadPercent: this.#spec.fecOverhead,
        mabr: this.#mabr(),
        burst: this.#spec.burst,
        pieceMarginPercent: this.#spec.pieceMargin ?? null,
        signer,
        watch: this.#loop.begin(),
        onUnreadable: (thrown) => this.#unreadable.add(toAppError(thrown)),
        ...defined({ manifestName: path === '' ? undefined : path }),
      },
      services,
      this.#startUs,
    )
    this.#reportIdle()
    for (const [at, { presentation }] of programmes.entries()) if (presentation !== null) this.#begun(at, presentation)
  }

  /** A presentation is on air. @param at its place */
  #begun(at: number, presentation: Presentation): void {
    if (presentation.live !== undefined) presentation.live.onNews = () => this.#wake?.()
    for (const note of receiverNotes(presentation, this.#address.scheme))
      this.#host.problem({ code: 'not-supported', ...note }, 'warning')
    const service = this.#programmes.length === 1 ? '' : `, service ${this.#services[at]?.serviceId}`
    const input = this.#programmes[at]?.spec.input
    this.#host.log('send', 'info', `Sending ${input} as ${this.#spec.url}${service}`)
  }

  /** Puts a service on air whose presentation has come only now; false: it is too late. */
  #join(at: number, presentation: Presentation): boolean {
    // What is sent faster than time passes waits for nobody.
    if (this.#broadcaster === null || !this.#isPaced || this.#closingUs !== null || this.#stopped) return false
    this.#broadcaster.join(at, presentation, this.#host.nowUs())
    this.#sent?.came(at, presentation)
    this.#begun(at, presentation)
    presentation.live?.start()
    this.#wake?.()
    return true
  }

  run(): Promise<void> {
    this.#running = (this.#isPaced ? this.#runPaced() : this.#runFast()).finally(() => this.#loop.end())
    return this.#running
  }

  /** Ends what is on its way and closes the sessions, so that receivers know that nothing was lost. */
  async stop(why: StopReason): Promise<void> {
    if (why === 'failed') this.#stopped = true
    else this.#close()
    this.#wake?.()
    await this.#running.catch(() => undefined)
    if (why !== 'failed') this.#absent.end()
    this.#unreadable.end((more) => ({
      code: 'input-unusable',
      message: `${more} more files could not be read while they were being sent.`,
      tryThis: 'Keep the files where they are while they are sent.',
    }))
  }

  traffic(): PartTraffic {
    return { given: this.output.traffic, taken: { items: this.#broadcaster?.counters.objects ?? 0, bytes: 0 } }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  packet(address: string, port: number, bytes: Uint8Array, timeUs: number): boolean {
    if (this.#loss.loses()) {
      this.#kept.add(address, port)
      return false
    }
    let flow = this.#flow
    if (flow === null || flow.destinationPort !== port || flow.destinationAddress !== address) {
      flow = this.#host.flows.byText(this.#source, address, port, port)
      this.#flow = flow
    }
    this.output.datagram(flow, bytes, 0, bytes.length, timeUs, this.output.datagrams + 1)
    return true
  }

  /** What is only recorded has no receivers yet, and all the time it needs. */
  #leadUs(): number {
    if (!this.output.inputs.some(({ toNetwork }) => toNetwork)) return 0
    return this.#address.scheme === 'route' ? READING_LEAD_US : SIGNALLING_LEAD_US
  }

  #mabr(): Partial<MabrOptions> {
    const {
      transport: protocol,
      inBand,
      digests,
      sourceSpecific,
      repairBases: baseUrls = [],
      repairAfterMs,
    } = this.#spec
    return { protocol, inBand, digests, sourceSpecific, repair: { baseUrls, afterMs: repairAfterMs } }
  }

  /**
   * Address that packets to a group come from, as far as it is known.
   * @throws AppFailure bad-spec, where it must be known
   */
  #sourceAddress(group: string): string {
    const network = this.output.inputs.find(({ toNetwork }) => toNetwork)
    // What is only recorded is written as from this machine.
    const source = network === undefined ? LOOPBACK : (network.sourceOf?.(group) ?? null)
    if (source === null && this.#spec.sourceSpecific)
      throw new AppFailure(
        'bad-spec',
        'Source-specific multicast (--ssm) names the address that packets come from, and it is not known.',
        'Choose the network interface with --interface.',
      )
    return source ?? LOOPBACK
  }

  /** Reports options that mean nothing for this form of broadcast, of itself and of its inputs. */
  #reportIdle(): void {
    const { scheme } = this.#address
    const form = scheme === 'mabr' ? (`mabr-${this.#spec.transport}` as const) : scheme
    const idle = [
      ...idleOptions(BROADCAST_PART.options, this.#spec, form),
      ...this.#programmes.flatMap(({ spec, presentation }) => [
        ...idleOptions(PRESENTATION_PART.options, spec, form),
        ...(presentation === null ? [] : idleForContent(PRESENTATION_PART.options, spec, presentation)),
      ]),
    ]
    // What a command line gives every input is told once.
    const told = new Map(idle.map((error) => [error.message, error]))
    for (const error of told.values()) this.#host.problem(error, 'warning')
  }

  #snapshot(): BroadcastSnapshot {
    const { datagrams, bytes, lost } = this.output
    const counters = this.#broadcaster?.counters
    return {
      url: this.#spec.url,
      packets: datagrams - lost,
      bytes,
      rateBps: this.#rate.bitsPerSecond(this.#host.nowUs(), bytes),
      objects: counters?.objects ?? 0,
      lateMs: (counters?.lateUs ?? 0) / 1000,
      keptBack: this.#loss.lost,
      notTaken: lost,
      loss: chancesText(this.#loss.chances),
      services: this.#sent?.snapshot(this.#broadcaster?.onAir ?? [], this.#host.nowUs(), this.#isPaced) ?? [],
    }
  }

  #close(): void {
    const broadcaster = this.#broadcaster
    if (broadcaster === null || this.#closingUs !== null) return
    const nextUs = broadcaster.next()
    this.#closingUs = this.#host.nowUs()
    if (nextUs < Number.POSITIVE_INFINITY) broadcaster.close(this.#isPaced ? this.#closingUs : nextUs)
  }

  /** Time of the broadcast, which passes faster while it ends, µs. */
  #timeUs(): number {
    const now = this.#host.nowUs()
    return this.#closingUs === null ? now : this.#closingUs + CLOSING_PACE * (now - this.#closingUs)
  }

  get #isOver(): boolean {
    return this.#stopped || (this.#closingUs !== null && this.#host.nowUs() - this.#closingUs > MOST_CLOSING_US)
  }

  async #runPaced(): Promise<void> {
    const broadcaster = this.#broadcaster
    if (broadcaster === null) return
    let sentUntilUs = this.#startUs
    let turnUs = this.#startUs
    while (!this.#isOver) {
      const nextUs = broadcaster.next()
      if (nextUs === Number.POSITIVE_INFINITY) return
      const now = this.#timeUs()
      if (nextUs > now) {
        const pace = this.#closingUs === null ? 1 : CLOSING_PACE
        await this.#sleep(Math.max(WAKE_MS, Math.floor((nextUs - now) / 1000 / pace)))
        continue
      }
      this.#read(broadcaster, now)
      // After a delay packets are sent at twice the pace, not at once: receive buffers are short.
      const step = Math.min(MAX_STEP_US, Math.max(WAKE_MS * 1000, 2 * (now - turnUs)))
      sentUntilUs = Math.min(now, Math.max(nextUs, sentUntilUs) + step)
      turnUs = now
      broadcaster.send(sentUntilUs, this)
      await this.output.busy()
      if (broadcaster.next() <= sentUntilUs) {
        // Its bytes were not there.
        this.#lookUs = 0
        await this.#reading
      }
    }
  }

  /** Starts to read what will be sent soon, while packets are sent. */
  #read(broadcaster: Broadcaster, now: number): void {
    if (this.#reading !== null || now < this.#lookUs) return
    this.#lookUs = now + LOOK_US
    const loading = broadcaster.prepare(now)
    if (loading === null) return
    this.#reading = loading.then(() => {
      this.#reading = null
    })
  }

  /** Sends as fast as files are read and the recorder takes packets; both wait for the disk, so that others get their turns. */
  async #runFast(): Promise<void> {
    const broadcaster = this.#broadcaster
    if (broadcaster === null) return
    const { durationS } = this.#host
    const endUs = durationS === null ? Number.POSITIVE_INFINITY : this.#startUs + durationS * 1e6
    while (!this.#isOver) {
      const nextUs = broadcaster.next()
      if (nextUs > endUs || nextUs === Number.POSITIVE_INFINITY) return
      const loading = broadcaster.prepare(nextUs)
      if (loading !== null) await loading
      broadcaster.send(endUs, this, FAST_PACKETS)
      // What is written meanwhile goes on with each turn of the event loop.
      await (this.output.busy() ?? nextTurn())
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, LONGEST_SLEEP_MS))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
