import type { ByteSink } from '../../flow/bytes.ts'
import type { FlowFile } from '../../flow/objects.ts'
import type { SampleSink, SampleTrack } from '../../flow/samples.ts'
import { ContinuousTimes } from '../../media/stream/continuous-times.ts'
import { openReader } from '../../media/stream/open-stages.ts'
import type { StreamFaults } from '../../media/stream/stream-faults.ts'

/** Most channels of a service whose media is looked at. */
const MAX_LANES = 64

/** Media of one channel. */
type Lane = { readonly reader: ByteSink; track: SampleTrack | null; readonly id: number }

/** Samples of one service: of each type of media those of one channel, chosen when its initialisation segment comes. */
export class ServiceMedia {
  readonly #times: ContinuousTimes
  readonly #best: boolean
  readonly #faults: StreamFaults
  readonly #lanes = new Map<string, Lane>()
  /** Chosen lane by type of media, and whether samples of it were given. */
  readonly #chosen = new Map<SampleTrack['kind'], { lane: Lane; given: boolean }>()
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
    const id = this.#lanes.size + 1
    const sink: SampleSink = {
      track: (track) => this.#track(lane, track),
      sample: (sample) => {
        const choice = this.#chosen.get(lane.track?.kind ?? 'data')
        if (choice?.lane !== lane || sample.track !== lane.track?.id) return
        if (!choice.given) {
          choice.given = true
          this.#times.track({ ...lane.track, id })
        }
        this.#times.sample({ ...sample, track: id })
      },
      end: () => undefined,
    }
    const reader = openReader(format, sink, this.#faults, { rate: null, refuse: () => this.#faults.add('unsupported') })
    const lane: Lane = { reader, track: null, id }
    return lane
  }

  /** Describes the track of a lane; of several with the same media the better one is chosen until samples were given. */
  #track(lane: Lane, track: SampleTrack): void {
    const { kind } = track
    if (lane.track !== null && lane.track.id !== track.id) return
    const changed = lane.track !== null && lane.track.entry?.join() !== track.entry?.join()
    lane.track = track
    const choice = this.#chosen.get(kind)
    if (choice?.lane === lane) {
      if (changed && choice.given) this.#times.track({ ...track, id: lane.id })
      return
    }
    if (choice?.given === true) return
    const weight = (each: SampleTrack | null): number => (each?.width ?? 0) * (each?.height ?? 0)
    const better = weight(track) - weight(choice?.lane.track ?? null)
    if (choice === undefined || (this.#best ? better > 0 : better < 0)) this.#chosen.set(kind, { lane, given: false })
  }
}
