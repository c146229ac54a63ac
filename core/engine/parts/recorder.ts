import { resolve } from 'node:path'
import { CaptureRecorder } from '../../capture/capture-recorder.ts'
import { defined } from '../../contract/defined.ts'
import type { PartSpec } from '../../contract/session-spec.ts'
import type { RecordingSnapshot } from '../../contract/snapshot.ts'
import { toAppError } from '../../failure/app-failure.ts'
import type { Destination, LinkFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { Version } from '../../flow/version.ts'
import { formatDestination } from '../../protocol/ip/address.ts'
import type { DatagramInput } from '../faces/datagram-input.ts'
import type { DatagramSource } from '../faces/datagram-source.ts'
import type { Recording } from '../faces/recording.ts'
import type { AnySection, Part, PartHost, PartTraffic, StopReason } from '../part.ts'
import { labelOf } from '../receiving/sources.ts'
import type { RecorderSpec } from './recorder-options.ts'

/** Offsets of a tunnel's port and those of its FEC. */
const TUNNEL_PORTS = [0, 2, 4] as const

/** Makes a recorder, which creates its file when it starts. */
export async function openRecorder(spec: PartSpec, host: PartHost): Promise<Part> {
  return new RecorderPart(spec as unknown as RecorderSpec, host)
}

/** Writes datagrams to a capture. */
class RecorderPart implements Part, Recording, DatagramInput {
  readonly id: string
  readonly byHand: boolean
  readonly #spec: RecorderSpec
  readonly #host: PartHost
  readonly #startedWallUs: number
  readonly #version = new Version()
  readonly #sections: readonly AnySection[]
  readonly #sources: DatagramSource[] = []
  /** Destinations that each target wants, and those of each tunnel. */
  readonly #wanted = new Map<ReceiveTarget | string, readonly string[]>()
  #recorder: CaptureRecorder | null = null
  #endedWallUs: number | null = null
  #dropped = 0
  #failed = false

  constructor(spec: RecorderSpec, host: PartHost) {
    this.id = spec.id
    this.byHand = host.byHand === true
    this.#spec = spec
    this.#host = host
    this.#startedWallUs = host.nowUs()
    this.#sections = [{ name: 'recording', version: () => this.#now(), read: () => this.#snapshot() }]
  }

  get input(): DatagramInput {
    return this
  }

  get recording(): Recording {
    return this
  }

  /** Takes the datagrams directly. */
  get sink(): CaptureRecorder {
    if (this.#recorder === null) throw new Error('the recorder has not started')
    return this.#recorder
  }

  linked(from: Part): void {
    if (from.source) this.#sources.push(from.source)
  }

  /** @throws AppFailure folder-not-writable | disk-full */
  async start(): Promise<void> {
    const { file, comment, joinedOnly, snapBytes, rotateBytes, rotateSeconds } = this.#spec
    const [first] = this.#sources
    const described =
      first === undefined ? {} : { interfaceName: first.interfaceName, interfaceDescription: labelOf(this.#sources) }
    this.#recorder = await CaptureRecorder.create(resolve(file), {
      ...described,
      onlyWanted: joinedOnly,
      ...defined({
        comment,
        snapBytes,
        rotateBytes,
        rotateUs: rotateSeconds === undefined ? undefined : rotateSeconds * 1e6,
      }),
    })
    this.#apply()
  }

  async stop(why: StopReason): Promise<void> {
    if (this.#endedWallUs !== null) return
    this.#endedWallUs = this.#host.nowUs()
    const recorder = this.#recorder
    // A session that failed before its first packet, as by a wrong name, overwrites nothing.
    if (why === 'failed' && recorder?.state.packets === 0) await recorder.abandon()
    else await recorder?.close(this.#droppedByHost())
  }

  datagram(...datagram: Parameters<CaptureRecorder['datagram']>): void {
    this.#recorder?.datagram(...datagram)
  }

  /** Records the system's drops since the last call, and reports a write error once. */
  tick(): void {
    const recorder = this.#recorder
    if (recorder === null || this.#endedWallUs !== null) return
    const dropped = this.#droppedByHost()
    if (dropped > this.#dropped) recorder.lost(dropped - this.#dropped)
    this.#dropped = dropped
    if (recorder.problem === null || this.#failed) return
    this.#failed = true
    this.#host.problem(toAppError(recorder.problem), 'error')
  }

  loop(): void {
    this.#recorder?.comment('The capture starts again from its beginning.')
  }

  busy(): Promise<void> | null {
    return this.#recorder?.busy() ?? null
  }

  want(destinations: readonly Destination[], target: ReceiveTarget): void {
    this.#wanted.set(
      target,
      destinations.map(({ address, port }) => formatDestination(address, port)),
    )
    this.#apply()
  }

  linkSeen({ destination }: LinkFacts): void {
    if (destination === null) return
    const colon = destination.lastIndexOf(':')
    const port = Number(destination.slice(colon + 1))
    this.#wanted.set(
      `link ${destination}`,
      TUNNEL_PORTS.map((on) => `${destination.slice(0, colon)}:${port + on}`),
    )
    this.#apply()
  }

  traffic(): PartTraffic {
    const { packets, bytes } = this.#recorder?.state ?? { packets: 0, bytes: 0 }
    return { taken: { items: packets, bytes } }
  }

  state(): readonly AnySection[] {
    return this.#sections
  }

  snapshot(): RecordingSnapshot {
    const { file, files, packets, bytes } = this.sink.state
    const { problem } = this.sink
    return {
      file,
      files,
      packets,
      bytes,
      startedWallUs: this.#startedWallUs,
      endedWallUs: this.#endedWallUs,
      byHand: this.byHand,
      problem: problem === null ? null : toAppError(problem),
    }
  }

  #apply(): void {
    this.#recorder?.want([...this.#wanted.values()].flat())
  }

  #droppedByHost(): number {
    let dropped = 0
    for (const source of this.#sources) for (const socket of source.sockets()) dropped += socket.droppedByHost ?? 0
    return dropped
  }

  #now(): number {
    if (this.#recorder === null) return 0
    const { packets, bytes, files } = this.#recorder.state
    return this.#version.of(packets, bytes, files, this.#endedWallUs ?? 0, this.#recorder.problem === null ? 0 : 1)
  }

  #snapshot(): RecordingSnapshot | null {
    return this.#recorder === null ? null : this.snapshot()
  }
}
