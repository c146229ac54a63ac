import { demoFile } from './fuzz/samples.ts'

/** Random whole numbers from 0 to below the argument. */
type Below = (limit: number) => number

/** A file or package whose maker wants its reader to work: valid enough to be read on, with many or absurd parts. */
export type HostileFile = {
  readonly name: string
  /** @param bytes size of the file, about */
  readonly make: (bytes: number, below: Below) => Uint8Array
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const u32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const fourCc = (type: string): number[] => [...utf8(type)]

/** A box of a claimed size, whatever is in it. */
function box(type: string, content: readonly number[] | Uint8Array, size = 8 + content.length): Uint8Array {
  return Uint8Array.from([...u32(size), ...fourCc(type), ...content])
}

/** `head`, and then parts up to a size. */
function filled(bytes: number, head: Uint8Array, next: (number: number) => Uint8Array): Uint8Array {
  const parts = [head]
  for (let [length, number] = [head.length, 0]; length < bytes; number++) {
    const part = next(number)
    parts.push(part)
    length += part.length
  }
  return new Uint8Array(Buffer.concat(parts))
}

/** Boxes that contain each other, as deep as their bytes allow. */
function nested(bytes: number, types: readonly string[], fields: number): Uint8Array {
  const step = 8 + fields
  const file = new Uint8Array(Math.max(1, Math.floor(bytes / step)) * step)
  for (let at = 0, number = 0; at < file.length; at += step, number++)
    file.set([...u32(file.length - at), ...fourCc(types[number % types.length] as string)], at)
  return file
}

/** A sample table in a real `moov`, whose place of samples is taken by what claims many. */
function movieWith(type: string, table: (below: Below) => readonly number[], below: Below): Uint8Array {
  const init = demoFile('video-init.mp4').slice()
  const at = Buffer.from(init).indexOf(type, 0, 'latin1')
  if (at >= 0) init.set(table(below).slice(0, init.length - at - 4), at + 4)
  return init
}

/** A `trun` that claims samples, in a real fragment. */
function fragmentWith(samples: number, flags: number): Uint8Array {
  const segment = demoFile('video-1.m4s').slice()
  const at = Buffer.from(segment).indexOf('trun', 0, 'latin1')
  if (at >= 0) segment.set([0, (flags >> 16) & 255, (flags >> 8) & 255, flags & 255, ...u32(samples)], at + 4)
  return segment
}

/** Hostile media files. */
export const HOSTILE_BOXES: readonly HostileFile[] = [
  { name: 'boxes nested deep', make: (bytes) => nested(bytes, ['moov', 'trak', 'mdia', 'minf', 'stbl'], 0) },
  { name: 'full boxes nested deep', make: (bytes) => nested(bytes, ['moov', 'meta', 'iprp', 'ipco'], 4) },
  { name: 'fragments nested deep', make: (bytes) => nested(bytes, ['moof', 'traf'], 0) },
  {
    name: 'lengths that overlap',
    make: (bytes, below) =>
      filled(bytes, box('styp', utf8('msdh0000')), (number) =>
        box(['moof', 'traf', 'trun', 'mdat'][number & 3] as string, u32(below(2 ** 32)), 8 + below(64)),
      ),
  },
  {
    name: 'lengths beyond the file',
    make: (bytes, below) => filled(bytes, box('styp', utf8('msdh0000')), () => box('moof', [], below(2 ** 32))),
  },
  { name: 'many tiny boxes', make: (bytes) => filled(bytes, new Uint8Array(0), () => box('free', [])) },
  {
    name: 'many tiny fragments',
    make: (bytes) =>
      filled(bytes, box('styp', utf8('msdh0000')), (number) =>
        Uint8Array.from([...box('moof', box('mfhd', [0, 0, 0, 0, ...u32(number)])), ...box('mdat', [])]),
      ),
  },
  {
    name: 'many tiny boxes in one',
    make: (bytes) =>
      box(
        'moov',
        filled(bytes, new Uint8Array(0), () => box('trak', [])),
      ),
  },
  {
    name: 'many references of an index',
    make: (bytes) =>
      box(
        'sidx',
        filled(
          bytes,
          Uint8Array.from([0, 0, 0, 0, ...u32(1), ...u32(1000), ...u32(0), ...u32(0), 0, 0, 255, 255]),
          () => Uint8Array.from([...u32(1), ...u32(1), ...u32(0)]),
        ),
      ),
  },
  ...['stts', 'stsz', 'stsc', 'stco', 'ctts', 'elst', 'stsd', 'dref'].map((type) => ({
    name: `a ${type} that claims 2^32`,
    make: (_: number, below: Below) =>
      movieWith(type, () => [0, 0, 0, 0, ...u32(type === 'stsz' ? below(2) : 2 ** 32 - 1), ...u32(2 ** 32 - 1)], below),
  })),
  { name: 'a run that claims 2^32 samples', make: (_, below) => fragmentWith(2 ** 32 - 1, below(2) * 0xf01) },
  {
    name: 'runs of samples without bytes',
    make: (bytes) => {
      // Each sample of a run without fields takes no byte of it.
      const runs = filled(bytes, new Uint8Array(0), () => box('trun', [0, 0, 0, 0, ...u32(60_000)]))
      const traf = box('traf', Uint8Array.from([...box('tfhd', [0, 2, 0, 0, ...u32(1)]), ...runs]))
      return Uint8Array.from([...box('moof', Uint8Array.from([...box('mfhd', u32(0)), ...traf])), ...box('mdat', [])])
    },
  },
]

const HEAD = 'Content-Type: multipart/related; type="application/dash+xml"; boundary="b"\r\n\r\n'

/** Hostile packages. */
export const HOSTILE_PACKAGES: readonly HostileFile[] = [
  { name: 'many empty parts', make: (bytes) => filled(bytes, utf8(HEAD), () => utf8('--b\r\n\r\n')) },
  {
    name: 'many parts with headers',
    make: (bytes) =>
      filled(bytes, utf8(HEAD), (number) =>
        utf8(`--b\r\nContent-Type: application/dash+xml\r\nContent-Location: ${number}\r\n\r\n<MPD/>\r\n`),
      ),
  },
  {
    name: 'delimiters that are almost the boundary',
    make: (bytes) => filled(bytes, utf8(HEAD), () => utf8('--bb\r\n')),
  },
  { name: 'dashes', make: (bytes) => filled(bytes, utf8(HEAD), () => utf8('--')) },
  { name: 'line ends', make: (bytes) => filled(bytes, utf8(`${HEAD}--b\r\n\r\n`), () => utf8('\n')) },
  {
    name: 'an endless boundary',
    make: (bytes) => utf8(`Content-Type: multipart/related; boundary="${'b'.repeat(bytes)}"\r\n\r\n--b\r\n`),
  },
  { name: 'an endless unannounced boundary', make: (bytes) => utf8(`--${'b'.repeat(bytes)}\r\n\r\nx`) },
  { name: 'an endless header', make: (bytes) => utf8(`Content-Type: ${'multipart/'.repeat(bytes / 10)}\r\n\r\n`) },
  {
    name: 'many headers',
    make: (bytes) => filled(bytes, utf8('Content-Type: multipart/related\r\n'), (number) => utf8(`X-${number}: y\r\n`)),
  },
  {
    name: 'one header folded often',
    make: (bytes) => filled(bytes, utf8('Content-Type: multipart/related;\r\n'), () => utf8(' a="b";\r\n')),
  },
  {
    name: 'many parameters',
    make: (bytes, below) =>
      utf8(`Content-Type: multipart/signed${`; p${below(100)}="\\"${'\\'.repeat(8)}"`.repeat(bytes / 20)}\r\n\r\n--b`),
  },
  {
    name: 'quotes that do not end',
    make: (bytes) => utf8(`Content-Type: multipart/related; boundary=${'"\\'.repeat(bytes / 2)}\r\n\r\n`),
  },
  {
    name: 'packages in packages',
    make: (bytes) => {
      const depth = Math.floor(bytes / 60)
      return utf8(
        Array.from(
          { length: depth },
          (_, at) => `Content-Type: multipart/related; boundary="b${at}"\r\n\r\n--b${at}\r\n`,
        ).join(''),
      )
    },
  },
]
