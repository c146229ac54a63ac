import type { Pace } from '../../contract/session-spec.ts'
import type { SourceSnapshot } from '../../contract/snapshot.ts'
import { Version } from '../../flow/version.ts'
import type { DatagramSource } from '../faces/datagram-source.ts'
import type { AnySection } from '../part.ts'

type Played = { readonly pace: Pace; readonly progress: () => { doneBytes: number; totalBytes: number | null } }

/** Least interval of versions that differ in counters only, µs. */
const COUNTED_US = 1_000_000

/** The section `source` of a part that brings datagrams. */
export class SourceState {
  readonly sections: readonly AnySection[]
  readonly #source: DatagramSource
  readonly #nowUs: () => number
  readonly #startedWallUs: number
  readonly #played: Played | null
  readonly #version = new Version()
  #counted: readonly [datagrams: number, sockets: number] = [0, 0]
  #countedUs = 0
  #seen = 0
  #lastPacketWallUs: number | null = null

  /** @param played reading state of a capture */
  constructor(source: DatagramSource, nowUs: () => number, played: Played | null = null) {
    this.#source = source
    this.#nowUs = nowUs
    this.#startedWallUs = nowUs()
    this.#played = played
    this.sections = [{ name: 'source', version: () => this.#now(), read: () => this.#snapshot() }]
  }

  #now(): number {
    const { output } = this.#source
    const nowUs = this.#nowUs()
    if (nowUs - this.#countedUs >= COUNTED_US) {
      this.#countedUs = nowUs
      this.#counted = [output.datagrams, this.#source.sockets().reduce((sum, each) => sum + each.packets, 0)]
    }
    let sockets = 0
    for (const { passedOver, droppedByHost, problem } of this.#source.sockets())
      sockets += 1e6 + passedOver + (droppedByHost ?? 0) + (problem === null ? 0 : 0.5)
    return this.#version.of(
      ...this.#counted,
      sockets,
      output.firstTimeUs ?? 0,
      this.#played?.progress().doneBytes ?? 0,
      this.#source.left().length,
    )
  }

  #snapshot(): SourceSnapshot {
    const { live, label, output } = this.#source
    if (output.datagrams > this.#seen) {
      this.#seen = output.datagrams
      this.#lastPacketWallUs = this.#nowUs()
    }
    const capture = this.#source.capture()
    return {
      live,
      label,
      pace: this.#played?.pace ?? null,
      untimed: capture?.untimed === true || capture?.undated === true,
      firstTimeUs: output.firstTimeUs,
      lastTimeUs: output.lastTimeUs,
      startedWallUs: this.#startedWallUs,
      lastPacketWallUs: this.#lastPacketWallUs,
      progress: this.#played?.progress() ?? null,
      sockets: this.#source.sockets(),
      left: this.#source.left(),
    }
  }
}
