import type { ByteSink } from '../../flow/bytes.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { ContinuousTimes } from '../../media/stream/continuous-times.ts'
import { openReader } from '../../media/stream/open-stages.ts'
import type { StreamFaults } from '../../media/stream/stream-faults.ts'

/** Most channels of a service whose media is looked at. */
const MAX_LANES = 64

/** Media time for which a chosen channel may be silent while another one of its type goes on, s. */
const SILENT_S = 2

/** Media of one channel. */
type Lane = {
  readonly reader: ByteSink
  track: SampleTrack | null
  /** End of its last sample, s. */
  endS: number
}

/** The channel whose media is given. */
type Choice = {
  lane: Lane
  /** Number of its track, the same after a switch. */
  readonly id: number
  /** Timescale of the track as it was described first; null before. */
  timescale: number | null
}

/**
 * Samples of one service: of each type of media those of one channel, chosen when its initialisation segment comes. Where that falls
 * silent and another one goes on, the other takes its place from its next random access point.
 */
export class ServiceMedia {
  readonly #times: ContinuousTimes
  readonly #best: boolean
  readonly #faults: StreamFaults
  readonly #lanes = new Map<string, Lane>()
  readonly #chosen = new Map<SampleTrack['kind'], Choice>()
  readonly #sink: SampleSink
  #service: number | null = null

  constructor(sink: SampleSink, representation: 'best' | 'lowest', faults: StreamFaults) {
    this.#sink = sink
    this.#best = representation === 'best'
    this.#faults = faults
    this.#times = new ContinuousTimes(sink, faults)
  }

  /** Takes a received file; anything but segments of the first service is left. */
  file({ kind, serviceId, lane: key, lease, name }: FlowFile): void {
    if ((kind !== 'init' && kind !== 'media') || (this.#service !== null && this.#service !== serviceId)) return
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      if (kind !== 'init' && !/\.ts$/i.test(name)) return
      if (this.#lanes.size >= MAX_LANES) return
      this.#service = serviceId
      lane = this.#open(/\.ts$/i.test(name) ? 'ts' : 'mp4')
      this.#lanes.set(key, lane)
    }
    lane.reader.chunk(lease.bytes, 0, lease.bytes.length, 0)
  }

  /** Another transmission begins: its times are its own. */
  restart(): void {
    this.#times.restart()
  }

  end(): void {
    this.#times.end()
  }

  busy(): Promise<void> | null {
    return this.#sink.busy?.() ?? null
  }

  #open(format: 'ts' | 'mp4'): Lane {
    const sink: SampleSink = {
      track: (track) => this.#track(lane, track),
      sample: (sample) => this.#sample(lane, sample),
      end: () => undefined,
    }
    const reader = openReader(format, sink, this.#faults, { rate: null, refuse: () => this.#faults.add('unsupported') })
    const lane: Lane = { reader, track: null, endS: 0 }
    return lane
  }

  #sample(lane: Lane, sample: Sample): void {
    const { track } = lane
    if (track === null || sample.track !== track.id) return
    const choice = this.#chosen.get(track.kind)
    if (choice === undefined) return
    const atS = sample.decodeTicks / track.timescale
    lane.endS = (sample.decodeTicks + sample.durationTicks) / track.timescale
    if (choice.lane !== lane) {
      if (choice.timescale === null || !sample.sync || atS - choice.lane.endS < SILENT_S) return
      choice.lane = lane
      this.#describe(choice, track)
    }
    if (choice.timescale === null) this.#describe(choice, track)
    const scale = (choice.timescale ?? track.timescale) / track.timescale
    if (scale === 1) this.#times.sample({ ...sample, track: choice.id })
    else
      this.#times.sample({
        ...sample,
        track: choice.id,
        decodeTicks: Math.round(sample.decodeTicks * scale),
        offsetTicks: Math.round(sample.offsetTicks * scale),
        durationTicks: Math.round(sample.durationTicks * scale),
      })
  }

  /** Describes the track of a lane; of several with the same media the better one is chosen until samples were given. */
  #track(lane: Lane, track: SampleTrack): void {
    if (lane.track !== null && lane.track.id !== track.id) return
    const changed = lane.track !== null && lane.track.entry?.join() !== track.entry?.join()
    lane.track = track
    const choice = this.#chosen.get(track.kind)
    if (choice?.lane === lane) {
      if (changed && choice.timescale !== null) this.#describe(choice, track)
      return
    }
    if (choice !== undefined && choice.timescale !== null) return
    const weight = (each: SampleTrack | null): number => (each?.width ?? 0) * (each?.height ?? 0)
    const better = weight(track) - weight(choice?.lane.track ?? null)
    if (choice === undefined) this.#chosen.set(track.kind, { lane, id: this.#chosen.size + 1, timescale: null })
    else if (this.#best ? better > 0 : better < 0) choice.lane = lane
  }

  /** Describes the track of a choice, in the timescale that it has had from its beginning. */
  #describe(choice: Choice, track: SampleTrack): void {
    choice.timescale ??= track.timescale
    const startTicks = Math.round(((track.startTicks ?? 0) * choice.timescale) / track.timescale)
    this.#times.track({ ...track, id: choice.id, timescale: choice.timescale, startTicks })
  }
}
