import type { SampleTrack } from '../../flow/samples.ts'
import { nalCodecOf } from '../annexb/video-track.ts'
import { BoxWriter } from './box-writer.ts'

/** Whether a track can be a track of an MP4. */
export function fitsMp4({ codec, configuration, entry }: SampleTrack): boolean {
  if (entry !== undefined) return true
  return configuration !== null && (nalCodecOf(codec) !== null || /^(mp4a|ac-3$|ec-3$)/.test(codec))
}

/** Sample entry of a track (ISO/IEC 14496-12 §8.5.2): the one it was read with, or one made of its configuration. */
export function makeSampleEntry(track: SampleTrack): Uint8Array {
  if (track.entry !== undefined) return track.entry
  const out = new BoxWriter()
  const { codec } = track
  const video = nalCodecOf(codec)
  if (video !== null) visual(out, video === 'avc' ? 'avc1' : 'hvc1', video === 'avc' ? 'avcC' : 'hvcC', track)
  else if (codec === 'ac-3') audio(out, 'ac-3', 'dac3', track)
  else if (codec === 'ec-3') audio(out, 'ec-3', 'dec3', track)
  else audio(out, 'mp4a', 'esds', track)
  return out.take()
}

function visual(
  out: BoxWriter,
  type: string,
  config: string,
  { width = 0, height = 0, configuration }: SampleTrack,
): void {
  out.box(type, () => {
    out.zeros(6).u16(1).zeros(16)
    out.u16(width & 0xffff).u16(height & 0xffff)
    out.u32(0x48_0000).u32(0x48_0000).u32(0).u16(1)
    out.zeros(32).u16(24).u16(0xffff)
    out.box(config, () => out.bytes(configuration ?? new Uint8Array(0)))
  })
}

function audio(out: BoxWriter, type: string, config: string, track: SampleTrack): void {
  const { channels = 2, sampleRate = track.timescale, configuration } = track
  out.box(type, () => {
    out.zeros(6).u16(1).zeros(8)
    out.u16(channels).u16(16).zeros(4)
    out.u32((sampleRate <= 0xffff ? sampleRate : 0) * 0x1_0000)
    out.box(config, () => out.bytes(configuration ?? new Uint8Array(0)))
  })
}
