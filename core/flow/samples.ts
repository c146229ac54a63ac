/** One track of media, described once before its first sample and again when it changes. */
export type SampleTrack = {
  readonly id: number
  readonly kind: 'video' | 'audio' | 'text' | 'data'
  /** RFC 6381, such as `avc1.64001f`. */
  readonly codec: string
  /** Ticks per second of all its times. */
  readonly timescale: number
  /** Content of the configuration box of ISO BMFF (`avcC`, `hvcC`, `esds`, `dac3` …); null where there is none. */
  readonly configuration: Uint8Array | null
  /** Sample entry of the MP4 it was read from, whole; for codecs of which the configuration alone is not enough. */
  readonly entry?: Uint8Array
  /** Size of the picture in pixels, where known. */
  readonly width?: number
  readonly height?: number
  /** Samples per second and channels of audio, where known. */
  readonly sampleRate?: number
  readonly channels?: number
  /** Ticks of composition time before the presentation begins (`media_time` of an edit list); absent: 0. */
  readonly startTicks?: number
  /** BCP 47; null where unknown. */
  readonly language: string | null
}

/** One access unit. `data` is valid during the call only, unless it is `owned`. */
export type Sample = {
  readonly track: number
  readonly data: Uint8Array
  readonly decodeTicks: number
  /** Composition time less decode time. */
  readonly offsetTicks: number
  readonly durationTicks: number
  /** Decoding can begin here. */
  readonly sync: boolean
  /** Nobody changes or reuses the memory of `data`: it may be kept without a copy. */
  readonly owned?: true
}

/** Takes the access units of one presentation, each track in decode order. None of the calls may throw. */
export interface SampleSink {
  track(track: SampleTrack): void
  sample(sample: Sample): void
  /** Samples of a track are missing before the next; for how long, where that is known. */
  gap?(track: number, durationTicks: number | null): void
  /** Nothing follows. */
  end(): void
  /** Back-pressure: null while it keeps up. */
  busy?(): Promise<void> | null
}
