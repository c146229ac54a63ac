import type { ByteSink } from '../../flow/bytes.ts'
import type { SampleSink } from '../../flow/samples.ts'
import { AnnexBReader, type FrameRate } from '../annexb/annexb-reader.ts'
import { AnnexBWriter } from '../annexb/annexb-writer.ts'
import { nalCodecOf } from '../annexb/video-track.ts'
import { AC3 } from '../audio/ac3.ts'
import { ADTS, AudioWriter } from '../audio/adts.ts'
import { AudioReader } from '../audio/audio-reader.ts'
import { MPEG_AUDIO } from '../audio/mpeg-audio.ts'
import { FragmentWriter } from '../mp4/fragment-writer.ts'
import { Mp4Reader } from '../mp4/mp4-reader.ts'
import { TsDemuxer } from '../ts/ts-demuxer.ts'
import { fitsTs, TsWriter } from '../ts/ts-writer.ts'
import type { MediaFormat } from './media-formats.ts'
import type { StreamFaults } from './stream-faults.ts'

/** How streams are read. */
export type ReaderOptions = {
  /** Rate of raw video; null: its own, else 25 per second. */
  readonly rate: FrameRate | null
  /** Gets the reason, as a sentence, why nothing more is read. */
  readonly refuse: (sentence: string) => void
}

/** Opens the stage that reads a format into samples. */
export function openReader(
  format: MediaFormat,
  sink: SampleSink,
  faults: StreamFaults,
  { rate, refuse }: ReaderOptions,
): ByteSink {
  switch (format) {
    case 'mp4':
      return new Mp4Reader(sink, faults, refuse)
    case 'ts':
      return new TsDemuxer(sink, faults)
    case 'avc':
    case 'hevc':
      return new AnnexBReader(format, sink, faults, rate)
    case 'aac':
      return new AudioReader(ADTS, sink, faults)
    case 'mp3':
      return new AudioReader(MPEG_AUDIO, sink, faults)
    case 'ac3':
      return new AudioReader(AC3, sink, faults)
  }
}

/** Whether a format has a place for a track of the codec. */
export function fitsFormat(format: MediaFormat, codec: string): boolean {
  switch (format) {
    case 'mp4':
      return true
    case 'ts':
      return fitsTs(codec)
    case 'avc':
    case 'hevc':
      return nalCodecOf(codec) === format
    case 'aac':
      return /^mp4a\.40\.(?:[1-5]|29)$/.test(codec)
    case 'mp3':
      return /^mp4a\.(?:6b|69)$/i.test(codec)
    case 'ac3':
      return /^(?:ac-3|ec-3)$/.test(codec)
  }
}

/** Opens the stage that writes samples, in the order of their decode times, as a format. @param chunkS duration of a fragment of MP4 */
export function openWriter(format: MediaFormat, sink: ByteSink, chunkS: number, faults: StreamFaults): SampleSink {
  switch (format) {
    case 'mp4':
      return new FragmentWriter(sink, chunkS, { faults })
    case 'ts':
      return new TsWriter(sink)
    case 'avc':
    case 'hevc':
      return new AnnexBWriter(format, sink)
    default:
      return new AudioWriter((codec) => fitsFormat(format, codec), sink)
  }
}
