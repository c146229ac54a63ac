import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { RELAY_TEST, STREAM_FORMAT } from './socket-in-options.ts'
import { MP4_CHUNK, MP4_STORE } from './socket-out-options.ts'

const ROW = { option: null, group: 'Sending', level: 'expert', commands: [], test: RELAY_TEST } as const

const MEDIA_IN_OPTIONS = [
  {
    ...ROW,
    key: 'file',
    choice: 'mediaIn',
    gpac: null,
    type: { kind: 'text', of: 'input' },
    disk: { use: 'reads', called: 'the media' },
    default: null,
    level: 'basic',
    label: 'Media file',
    help: 'MP4, transport stream or elementary stream to read',
    subject: true,
  },
  ...STREAM_FORMAT,
] as const satisfies readonly OptionRow[]

const MEDIA_READER_OPTIONS = [
  {
    ...ROW,
    key: 'fps',
    gpac: { name: 'fps' },
    type: { kind: 'text', of: 'words' },
    default: null,
    label: 'Pictures per second',
    help: 'rate of raw video, such as 30000/1001; else its own, else 25',
  },
  {
    ...ROW,
    key: 'realTime',
    gpac: { name: 'rt', words: { off: 'off', on: 'on' } },
    type: { kind: 'choice', values: ['off', 'on'] },
    default: 'off',
    label: 'Real time',
    help: 'give samples at their times instead of as fast as they are read',
  },
  {
    ...ROW,
    key: 'spoolBytes',
    gpac: null,
    type: { kind: 'bytes', min: 0, max: 1 << 30 },
    default: 0,
    label: 'Spool',
    help: 'keep as much of a plain MP4 whose movie header comes last',
  },
] as const satisfies readonly OptionRow[]

const MEDIA_OBJECTS_OPTIONS = [
  {
    ...ROW,
    key: 'representation',
    gpac: null,
    type: { kind: 'choice', values: ['best', 'lowest'] },
    default: 'best',
    label: 'Representation',
    help: 'which of several pictures of a service to take',
  },
] as const satisfies readonly OptionRow[]

const MEDIA_OUT_OPTIONS = [
  {
    ...ROW,
    key: 'file',
    choice: 'mediaOut',
    gpac: null,
    type: { kind: 'text', of: 'file' },
    disk: { use: 'writes', called: 'the output' },
    default: null,
    level: 'basic',
    label: 'Media file',
    help: 'file to write',
    subject: true,
  },
  ...STREAM_FORMAT,
  MP4_STORE,
  MP4_CHUNK,
] as const satisfies readonly OptionRow[]

/** Options of reading a media file. */
export type MediaInSpec = SpecOf<'media-in', typeof MEDIA_IN_OPTIONS>
/** Options of taking a byte stream apart. */
export type MediaReaderSpec = SpecOf<'media-reader', typeof MEDIA_READER_OPTIONS>
/** Options of taking received segments apart. */
export type MediaObjectsSpec = SpecOf<'media-objects', typeof MEDIA_OBJECTS_OPTIONS>
/** Options of writing a media file. */
export type MediaOutSpec = SpecOf<'media-out', typeof MEDIA_OUT_OPTIONS>

/** The part `media-in`. */
export const MEDIA_IN_PART: PartDescription = {
  kind: 'media-in',
  title: 'Media file in',
  help: 'reads a media file',
  takes: null,
  gives: 'bytes',
  options: MEDIA_IN_OPTIONS,
  ends: true,
}

/** The part `media-reader`. */
export const MEDIA_READER_PART: PartDescription = {
  kind: 'media-reader',
  title: 'Media reader',
  help: 'takes a byte stream apart into pictures and sound',
  takes: 'bytes',
  gives: 'samples',
  options: MEDIA_READER_OPTIONS,
}

/** The part `media-objects`. */
export const MEDIA_OBJECTS_PART: PartDescription = {
  kind: 'media-objects',
  title: 'Service media',
  help: 'takes the segments of a service apart into pictures and sound',
  takes: 'objects',
  gives: 'samples',
  options: MEDIA_OBJECTS_OPTIONS,
}

/** The part `media-out`. */
export const MEDIA_OUT_PART: PartDescription = {
  kind: 'media-out',
  title: 'Media file out',
  help: 'writes pictures and sound to a file',
  takes: 'samples',
  gives: null,
  options: MEDIA_OUT_OPTIONS,
}
