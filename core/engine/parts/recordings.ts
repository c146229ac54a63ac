import { CaptureRecorder, type RecorderOptions } from '../../capture/capture-recorder.ts'
import type { AppError } from '../../contract/app-error.ts'
import type { RecordingOptions } from '../../contract/session-spec.ts'
import type { RecordingSnapshot } from '../../contract/snapshot.ts'
import { toAppError } from '../../failure/app-failure.ts'
import type { DatagramSink, Flow } from '../../flow/datagrams.ts'
import type { Destination, LinkFacts } from '../../flow/facts.ts'
import type { ReceiveTarget } from '../../flow/receive-target.ts'
import { formatDestination } from '../../protocol/ip/address.ts'

/** Ended ones that a window still sees. */
const MAX_ENDED = 8
/** The tunnel's own port and those of its FEC. */
const TUNNEL_PORTS = [0, 2, 4] as const

type Recording = {
  readonly recorder: CaptureRecorder
  readonly byHand: boolean
  readonly startedWallUs: number
  endedWallUs: number | null
}

/** What is written to captures while a session receives: the sinks it began with, and what is started by hand. */
export class Recordings implements DatagramSink {
  readonly #nowUs: () => number
  readonly #describe: Pick<RecorderOptions, 'interfaceName' | 'interfaceDescription'>
  #running: Recording[] = []
  readonly #ended: Recording[] = []
  /** What each target wants, and the tunnels that were found. */
  readonly #wanted = new Map<ReceiveTarget | string, readonly string[]>()

  #droppedSaid = 0
  readonly #failed = new WeakSet<CaptureRecorder>()

  constructor(nowUs: () => number, describe: Pick<RecorderOptions, 'interfaceName' | 'interfaceDescription'>) {
    this.#nowUs = nowUs
    this.#describe = describe
  }

  get any(): boolean {
    return this.#running.length > 0
  }

  /** @throws AppFailure folder-not-writable | disk-full */
  async start(file: string, options: RecordingOptions, byHand: boolean): Promise<void> {
    const { comment, joinedOnly, snapBytes, rotateBytes, rotateSeconds } = options
    const recorder = await CaptureRecorder.create(file, {
      ...this.#describe,
      ...(comment === undefined ? {} : { comment }),
      ...(joinedOnly === undefined ? {} : { onlyWanted: joinedOnly }),
      ...(snapBytes === undefined ? {} : { snapBytes }),
      ...(rotateBytes === undefined ? {} : { rotateBytes }),
      ...(rotateSeconds === undefined ? {} : { rotateUs: rotateSeconds * 1e6 }),
    })
    recorder.want(this.#destinations())
    this.#running.push({ recorder, byHand, startedWallUs: this.#nowUs(), endedWallUs: null })
  }

  /** Ends the one started last by hand. @returns it, null where there is none. @throws AppFailure disk-full … */
  async stop(droppedByHost: number): Promise<RecordingSnapshot | null> {
    const recording = this.#running.filter(({ byHand }) => byHand).at(-1)
    if (recording === undefined) return null
    await this.#end(recording, droppedByHost)
    return this.#snapshot(recording)
  }

  /** Ends all. @throws AppFailure of the first that could not be written */
  async close(droppedByHost: number): Promise<void> {
    const closed = await Promise.allSettled(this.#running.map((each) => this.#end(each, droppedByHost)))
    for (const result of closed) if (result.status === 'rejected') throw result.reason
  }

  datagram(flow: Flow, bytes: Uint8Array, start: number, end: number, timeUs: number, frame: number): void {
    for (const { recorder } of this.#running) recorder.datagram(flow, bytes, start, end, timeUs, frame)
  }

  /** Null while the disk keeps up. */
  busy(): Promise<void> | null {
    for (const { recorder } of this.#running) {
      const wait = recorder.busy()
      if (wait !== null) return wait
    }
    return null
  }

  /** Destinations that a target's services have now. */
  want(destinations: readonly Destination[], target: ReceiveTarget): void {
    this.#wanted.set(
      target,
      destinations.map(({ address, port }) => formatDestination(address, port)),
    )
    this.#tellWanted()
  }

  /** A tunnel is recorded whole: what is wanted may be in it. */
  linkSeen(link: LinkFacts): void {
    const { destination } = link
    if (destination === null) return
    const colon = destination.lastIndexOf(':')
    const port = Number(destination.slice(colon + 1))
    this.#wanted.set(
      `link ${destination}`,
      TUNNEL_PORTS.map((on) => `${destination.slice(0, colon)}:${port + on}`),
    )
    this.#tellWanted()
  }

  /** Writes down what the system dropped since, and tells once of each file what it could not take. */
  watch(droppedByHost: () => number, onProblem: (error: AppError) => void): void {
    if (!this.any) return
    const dropped = droppedByHost()
    if (dropped > this.#droppedSaid)
      for (const { recorder } of this.#running) recorder.lost(dropped - this.#droppedSaid)
    this.#droppedSaid = dropped
    for (const { recorder } of this.#running) {
      const { problem } = recorder
      if (problem === null || this.#failed.has(recorder)) continue
      this.#failed.add(recorder)
      onProblem(toAppError(problem))
    }
  }

  /** Words for the next packet. */
  comment(text: string): void {
    for (const { recorder } of this.#running) recorder.comment(text)
  }

  snapshots(): RecordingSnapshot[] {
    return [...this.#ended, ...this.#running].map((each) => this.#snapshot(each))
  }

  #tellWanted(): void {
    const destinations = this.#destinations()
    for (const { recorder } of this.#running) recorder.want(destinations)
  }

  #destinations(): string[] {
    return [...this.#wanted.values()].flat()
  }

  async #end(recording: Recording, droppedByHost: number): Promise<void> {
    this.#running = this.#running.filter((each) => each !== recording)
    recording.endedWallUs = this.#nowUs()
    this.#ended.push(recording)
    if (this.#ended.length > MAX_ENDED) this.#ended.shift()
    await recording.recorder.close(droppedByHost)
  }

  #snapshot({ recorder, byHand, startedWallUs, endedWallUs }: Recording): RecordingSnapshot {
    const { file, files, packets, bytes } = recorder.state
    const { problem } = recorder
    return {
      file,
      files,
      packets,
      bytes,
      startedWallUs,
      endedWallUs,
      byHand,
      problem: problem === null ? null : toAppError(problem),
    }
  }
}
