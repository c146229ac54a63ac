import type { BoxLayout } from './box-layout.ts'
import type { FieldReader } from './field-reader.ts'

/** VisualSampleEntry, ISO/IEC 14496-12 §12.1.3. */
const visual: BoxLayout = {
  read: (fields) => {
    fields.skip('reserved', 6)
    fields.uint('data_reference_index', 2)
    fields.skip('pre_defined', 16)
    fields.uint('width', 2)
    fields.uint('height', 2)
    fields.fixed('horizresolution', 4)
    fields.fixed('vertresolution', 4)
    fields.skip('reserved', 4)
    fields.uint('frame_count', 2)
    fields.raw('compressorname', 32)
    fields.uint('depth', 2)
    fields.int('pre_defined', 2)
  },
  children: 78,
  summary: [
    ['width', '$'],
    ['height', '× $'],
  ],
}

/** AudioSampleEntry, ISO/IEC 14496-12 §12.2.3. */
const audio: BoxLayout = {
  read: (fields) => {
    fields.skip('reserved', 6)
    fields.uint('data_reference_index', 2)
    fields.skip('reserved', 8)
    fields.uint('channelcount', 2)
    fields.uint('samplesize', 2)
    fields.skip('reserved', 4)
    fields.fixed('samplerate', 4)
  },
  children: 28,
  summary: [
    ['samplerate', '$ Hz'],
    ['channelcount', '$ channels'],
  ],
}

const configuration = (read: (fields: FieldReader) => void): BoxLayout => ({
  read: (fields) => {
    read(fields)
    fields.rest('configuration')
  },
})

/** Layouts of sample entries and of the configurations of their decoders: ISO/IEC 14496-12 and 14496-15. */
export const SAMPLE_ENTRY_LAYOUTS: Readonly<Record<string, BoxLayout>> = {
  avc1: visual,
  avc3: visual,
  hvc1: visual,
  hev1: visual,
  vvc1: visual,
  vvi1: visual,
  av01: visual,
  encv: visual,
  mp4a: audio,
  enca: audio,
  'ac-3': audio,
  'ec-3': audio,
  'ac-4': audio,
  mha1: audio,
  mhm1: audio,
  mhm2: audio,
  avcC: configuration((fields) => {
    fields.uint('configurationVersion', 1)
    fields.uint('AVCProfileIndication', 1)
    fields.uint('profile_compatibility', 1)
    fields.uint('AVCLevelIndication', 1)
  }),
  hvcC: configuration((fields) => {
    fields.uint('configurationVersion', 1)
    fields.raw('profile', 1)
    fields.raw('profile_compatibility_flags', 4)
    fields.raw('constraint_indicator_flags', 6)
    fields.uint('general_level_idc', 1)
  }),
}
