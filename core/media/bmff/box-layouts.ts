import type { BoxLayout } from './box-layout.ts'
import type { EntryColumn, FieldReader } from './field-reader.ts'
import { SAMPLE_ENTRY_LAYOUTS } from './sample-entry-layouts.ts'

const u32 = (name: string): EntryColumn => ({ name, bytes: 4 })
/** A full box whose fields are all unsigned numbers of 32 bits. */
const words =
  (...names: readonly string[]) =>
  (fields: FieldReader): void => {
    fields.full()
    for (const name of names) fields.uint(name, 4)
  }
/** A full box with a table: its count, then its entries. */
const table =
  (entry: string, ...columns: readonly EntryColumn[]) =>
  (fields: FieldReader): void => {
    fields.full()
    fields.entries(entry, fields.count('entry_count', 4), columns)
  }
/** 64 bits from version 1 on, else 32. */
const wide = (version: number): 4 | 8 => (version === 0 ? 4 : 8)

const brands: BoxLayout = {
  read: (fields) => {
    fields.code('major_brand')
    fields.uint('minor_version', 4)
    for (let number = 1; fields.left >= 4 && number <= 64; number++) fields.code(`compatible_brand ${number}`)
  },
  summary: [['major_brand', '$']],
}

const times = (fields: FieldReader, version: number): void => {
  fields.uint('creation_time', wide(version), 'seconds since 1904')
  fields.uint('modification_time', wide(version), 'seconds since 1904')
}

/** Layouts by type: ISO/IEC 14496-12, 14496-15, 23001-7 (encryption), 23009-1 (events), 23008-1 (MPU). */
export const BOX_LAYOUTS: Readonly<Record<string, BoxLayout>> = {
  ftyp: brands,
  styp: brands,
  moov: { children: 0, needs: ['mvhd'] },
  trak: { children: 0, needs: ['tkhd', 'mdia'] },
  mdia: { children: 0, needs: ['mdhd', 'hdlr', 'minf'] },
  minf: { children: 0, needs: ['stbl'] },
  dinf: { children: 0 },
  stbl: { children: 0, needs: ['stsd', 'stts', 'stsc'] },
  edts: { children: 0 },
  mvex: { children: 0, needs: ['trex'] },
  moof: { children: 0, needs: ['mfhd'] },
  // Segments need tfdt by ISO/IEC 23009-1 §6.3.4.2 and 23000-19 §7.3.2.3.
  traf: { children: 0, needs: ['tfhd', 'tfdt'] },
  mfra: { children: 0 },
  sinf: { children: 0 },
  schi: { children: 0 },
  udta: { children: 0 },
  mvhd: {
    read: (fields) => {
      const { version } = fields.full()
      times(fields, version)
      fields.uint('timescale', 4)
      fields.uint('duration', wide(version))
      fields.fixed('rate', 4)
      fields.fixed('volume', 2)
      fields.skip('reserved', 10)
      fields.raw('matrix', 36)
      fields.skip('pre_defined', 24)
      fields.uint('next_track_ID', 4)
    },
    summary: [['timescale', 'timescale $']],
  },
  tkhd: {
    read: (fields) => {
      const { version } = fields.full()
      times(fields, version)
      fields.uint('track_ID', 4)
      fields.skip('reserved', 4)
      fields.uint('duration', wide(version))
      fields.skip('reserved', 8)
      fields.int('layer', 2)
      fields.int('alternate_group', 2)
      fields.fixed('volume', 2)
      fields.skip('reserved', 2)
      fields.raw('matrix', 36)
      fields.fixed('width', 4)
      fields.fixed('height', 4)
    },
    summary: [['track_ID', 'track $']],
  },
  mdhd: {
    read: (fields) => {
      const { version } = fields.full()
      times(fields, version)
      fields.uint('timescale', 4)
      fields.uint('duration', wide(version))
      fields.language('language')
    },
    summary: [
      ['timescale', 'timescale $'],
      ['language', '$'],
    ],
  },
  hdlr: {
    read: (fields) => {
      fields.full()
      fields.skip('pre_defined', 4)
      fields.code('handler_type')
      fields.skip('reserved', 12)
      fields.text('name')
    },
    summary: [['handler_type', '$']],
  },
  elst: {
    read: (fields) => {
      const bytes = wide(fields.full().version)
      fields.entries('edit', fields.count('entry_count', 4), [
        { name: 'segment_duration', bytes },
        { name: 'media_time', bytes, signed: true },
        { name: 'media_rate_integer', bytes: 2, signed: true },
        { name: 'media_rate_fraction', bytes: 2 },
      ])
    },
    summary: [['entry_count', '$ edits']],
  },
  dref: {
    read: (fields) => {
      fields.full()
      fields.uint('entry_count', 4)
    },
    children: 8,
  },
  stsd: {
    read: (fields) => {
      fields.full()
      fields.uint('entry_count', 4)
    },
    children: 8,
    summary: [['entry_count', '$ entries']],
  },
  stts: {
    read: table('run', u32('sample_count'), u32('sample_delta')),
    summary: [['entry_count', '$ runs']],
  },
  ctts: {
    read: (fields) => {
      const signed = fields.full().version > 0
      fields.entries('run', fields.count('entry_count', 4), [
        u32('sample_count'),
        { name: 'sample_offset', bytes: 4, signed },
      ])
    },
    summary: [['entry_count', '$ runs']],
  },
  stsc: {
    read: table('run', u32('first_chunk'), u32('samples_per_chunk'), u32('sample_description_index')),
    summary: [['entry_count', '$ runs']],
  },
  stsz: {
    read: (fields) => {
      fields.full()
      const size = fields.count('sample_size', 4)
      const count = fields.count('sample_count', 4)
      if (size === 0) fields.entries('sample', count, [u32('size')])
    },
    summary: [['sample_count', '$ samples']],
  },
  stco: { read: table('chunk', u32('offset')), summary: [['entry_count', '$ chunks']] },
  co64: { read: table('chunk', { name: 'offset', bytes: 8 }), summary: [['entry_count', '$ chunks']] },
  stss: { read: table('sync sample', u32('number')), summary: [['entry_count', '$ sync samples']] },
  mehd: {
    read: (fields) => {
      const { version } = fields.full()
      fields.uint('fragment_duration', wide(version))
    },
  },
  trex: {
    read: words(
      'track_ID',
      'default_sample_description_index',
      'default_sample_duration',
      'default_sample_size',
      'default_sample_flags',
    ),
    summary: [['track_ID', 'track $']],
  },
  mfhd: { read: words('sequence_number'), summary: [['sequence_number', 'sequence $']] },
  tfhd: {
    read: (fields) => {
      const { flags } = fields.full()
      fields.uint('track_ID', 4)
      if (flags & 1) fields.uint('base_data_offset', 8)
      if (flags & 2) fields.uint('sample_description_index', 4)
      if (flags & 8) fields.uint('default_sample_duration', 4)
      if (flags & 16) fields.uint('default_sample_size', 4)
      if (flags & 32) fields.uint('default_sample_flags', 4)
    },
    summary: [['track_ID', 'track $']],
  },
  tfdt: {
    read: (fields) => {
      const { version } = fields.full()
      fields.uint('baseMediaDecodeTime', wide(version), 'in ticks of the timescale of its track')
    },
    summary: [['baseMediaDecodeTime', '$']],
  },
  trun: {
    read: (fields) => {
      const { version, flags } = fields.full()
      const count = fields.count('sample_count', 4)
      if (flags & 1) fields.int('data_offset', 4)
      if (flags & 4) fields.uint('first_sample_flags', 4)
      const columns: EntryColumn[] = []
      if (flags & 0x100) columns.push(u32('duration'))
      if (flags & 0x200) columns.push(u32('size'))
      if (flags & 0x400) columns.push(u32('flags'))
      if (flags & 0x800) columns.push({ name: 'composition offset', bytes: 4, signed: version > 0 })
      fields.entries('sample', count, columns)
    },
    summary: [['sample_count', '$ samples']],
  },
  sidx: {
    read: (fields) => {
      const { version } = fields.full()
      fields.uint('reference_ID', 4)
      fields.uint('timescale', 4)
      fields.uint('earliest_presentation_time', wide(version))
      fields.uint('first_offset', wide(version))
      fields.skip('reserved', 2)
      fields.entries('reference', fields.count('reference_count', 2), [
        u32('type and size'),
        u32('subsegment_duration'),
        u32('SAP'),
      ])
    },
    summary: [['reference_count', '$ references']],
  },
  prft: {
    read: (fields) => {
      const { version } = fields.full()
      fields.uint('reference_track_ID', 4)
      fields.uint('ntp_timestamp', 8)
      fields.uint('media_time', wide(version))
    },
  },
  emsg: {
    read: (fields) => {
      const { version } = fields.full()
      const names = () => {
        fields.text('scheme_id_uri')
        fields.text('value')
      }
      if (version === 0) names()
      fields.uint('timescale', 4)
      fields.uint(version === 0 ? 'presentation_time_delta' : 'presentation_time', wide(version))
      fields.uint('event_duration', 4)
      fields.uint('id', 4)
      if (version > 0) names()
      fields.rest('message_data')
    },
    summary: [['scheme_id_uri', '$']],
  },
  vmhd: {
    read: (fields) => {
      fields.full()
      fields.uint('graphicsmode', 2)
    },
  },
  smhd: {
    read: (fields) => {
      fields.full()
      fields.fixed('balance', 2)
    },
  },
  'url ': {
    read: (fields) => {
      fields.full()
      fields.text('location')
    },
  },
  btrt: {
    read: (fields) => {
      fields.uint('bufferSizeDB', 4)
      fields.uint('maxBitrate', 4)
      fields.uint('avgBitrate', 4)
    },
  },
  pasp: {
    read: (fields) => {
      fields.uint('hSpacing', 4)
      fields.uint('vSpacing', 4)
    },
  },
  colr: {
    read: (fields) => {
      fields.code('colour_type')
      fields.rest('colour')
    },
    summary: [['colour_type', '$']],
  },
  ...SAMPLE_ENTRY_LAYOUTS,
  frma: { read: (fields) => fields.code('data_format'), summary: [['data_format', '$']] },
  schm: {
    read: (fields) => {
      fields.full()
      fields.code('scheme_type')
      fields.uint('scheme_version', 4)
    },
    summary: [['scheme_type', '$']],
  },
  tenc: {
    read: (fields) => {
      fields.full()
      fields.raw('pattern', 2)
      fields.uint('default_isProtected', 1)
      fields.uint('default_Per_Sample_IV_Size', 1)
      fields.raw('default_KID', 16)
    },
  },
  pssh: {
    read: (fields) => {
      const { version } = fields.full()
      fields.raw('SystemID', 16)
      if (version > 0) {
        const count = fields.count('KID_count', 4)
        for (let number = 1; number <= Math.min(count, 64); number++) fields.raw(`KID ${number}`, 16)
      }
      fields.uint('DataSize', 4)
      fields.rest('Data')
    },
  },
  mmpu: {
    read: (fields) => {
      fields.full()
      fields.raw('is_complete', 1)
      fields.uint('mpu_sequence_number', 4)
      fields.code('asset_id_scheme')
      fields.uint('asset_id_length', 4)
      fields.rest('asset_id')
    },
    summary: [['mpu_sequence_number', 'MPU $']],
  },
  meta: { read: (fields) => void fields.full(), children: 4 },
}
