import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { HOST_OPTIONS } from './http-host-options.ts'
import { MAX_BYTES } from './shared-options.ts'

const TEST = 'core/cli/uploads.process.test.ts'

const ADDRESS = {
  key: 'address',
  choice: 'uploadAddress',
  option: null,
  gpac: null,
  type: { kind: 'text', of: 'source' },
  default: null,
  group: 'Services',
  level: 'basic',
  label: 'Address',
  help: 'put://HOST:PORT/PATH/ takes what is uploaded below that path',
  commands: ['receive', 'gateway', 'open'],
  test: TEST,
  subject: true,
} as const satisfies OptionRow

const MAX_UPLOAD = {
  key: 'maxUpload',
  option: null,
  gpac: { name: 'maxs' },
  type: { kind: 'bytes', min: 0, max: MAX_BYTES },
  group: 'Serving',
  level: 'expert',
  label: 'Largest upload',
  help: 'largest file that is taken, 0 any',
  commands: [],
  test: TEST,
} as const

const HTTP_UPLOADS_OPTIONS = [
  ADDRESS,
  { ...MAX_UPLOAD, choice: 'uploadedFile', default: 50_000_000 },
  ...HOST_OPTIONS,
] as const satisfies readonly OptionRow[]

/** Options of uploads as objects. */
export type HttpUploadsSpec = SpecOf<'http-uploads', typeof HTTP_UPLOADS_OPTIONS>

/** The part `http-uploads`. */
export const HTTP_UPLOADS_PART: PartDescription = {
  kind: 'http-uploads',
  title: 'Uploads',
  help: 'takes uploads of an HTTP server as files, without storing them',
  takes: null,
  gives: 'objects',
  side: 'receive',
  options: HTTP_UPLOADS_OPTIONS,
  opens: [{ pattern: '^put:', group: 'Listen', label: 'Uploads', example: null }],
}

const HTTP_INPUT_OPTIONS = [
  {
    ...ADDRESS,
    choice: 'inputAddress',
    commands: [],
    help: 'put://HOST:PORT/PATH takes uploads to that path as one stream',
  },
  { ...MAX_UPLOAD, choice: 'uploadedStream', default: 0 },
  ...HOST_OPTIONS,
] as const satisfies readonly OptionRow[]

/** Options of uploads as a stream. */
export type HttpInputSpec = SpecOf<'http-input', typeof HTTP_INPUT_OPTIONS>

/** The part `http-input`. */
export const HTTP_INPUT_PART: PartDescription = {
  kind: 'http-input',
  title: 'Uploaded stream',
  help: 'takes uploads of an HTTP server as one stream of bytes',
  takes: null,
  gives: 'bytes',
  options: HTTP_INPUT_OPTIONS,
}
