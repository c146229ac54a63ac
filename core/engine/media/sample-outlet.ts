import type { Sample, SampleSink, SampleTrack } from '../../flow/samples.ts'
import { fitsMp4 } from '../../media/mp4/sample-entry.ts'
import type { MediaFormat } from '../../media/stream/media-formats.ts'
import { fitsFormat } from '../../media/stream/open-stages.ts'
import { SampleInterleaver } from '../../media/stream/sample-interleaver.ts'

/** Tracks that are written: as many as a transport stream of ours has, whose tables name them all. */
const MAX_TRACKS = 64

/** Writes the tracks that a format has a place for, in the order of their times; of elementary streams the first track. */
export class SampleOutlet implements SampleSink {
  readonly #format: MediaFormat
  /** Puts tracks in order; an elementary stream has one, which needs none. */
  readonly #order: SampleInterleaver | null
  readonly #writer: SampleSink
  readonly #taken = new Set<number>()
  readonly #leftOut = new Set<string>()
  readonly #report: (codec: string) => void
  #samples = 0

  /**
   * @param firstS media time for which further tracks are waited for at first
   * @param report gets the codec of tracks that are left out, each once
   */
  constructor(format: MediaFormat, writer: SampleSink, firstS: number, report: (codec: string) => void) {
    this.#format = format
    const isOne = format !== 'mp4' && format !== 'ts'
    this.#order = isOne ? null : new SampleInterleaver(writer, firstS)
    this.#writer = this.#order ?? writer
    this.#report = report
  }

  /** Samples taken. */
  get samples(): number {
    return this.#samples
  }

  /** Samples that wait for those of other tracks. */
  get waiting(): { readonly items: number; readonly bytes: number } {
    return this.#order?.waiting ?? { items: 0, bytes: 0 }
  }

  /** Codecs of tracks that are left out, each once. */
  get leftOut(): readonly string[] {
    return [...this.#leftOut]
  }

  track(track: SampleTrack): void {
    const fits = this.#format === 'mp4' ? fitsMp4(track) : fitsFormat(this.#format, track.codec)
    const isOne = this.#order === null
    if (fits && (this.#taken.has(track.id) || this.#taken.size < (isOne ? 1 : MAX_TRACKS))) {
      this.#taken.add(track.id)
      this.#writer.track(track)
    } else if (!this.#leftOut.has(track.codec)) {
      this.#leftOut.add(track.codec)
      if (!isOne) this.#report(track.codec)
    }
  }

  sample(sample: Sample): void {
    if (!this.#taken.has(sample.track)) return
    this.#samples++
    this.#writer.sample(sample)
  }

  gap(track: number, durationTicks: number | null): void {
    this.#writer.gap?.(track, durationTicks)
  }

  end(): void {
    this.#writer.end()
  }

  busy(): Promise<void> | null {
    return this.#writer.busy?.() ?? null
  }
}
