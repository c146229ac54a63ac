import { fileU32 } from './order.ts'

/** Type of a file by its first bytes. */
export type Sniffed =
  | { readonly kind: 'pcap' | 'pcapng' | 'gzip' }
  | { readonly kind: 'compressed'; readonly format: string; readonly command: string }
  /** Something else; `content` completes "it is …". */
  | { readonly kind: 'other'; readonly content: string }

/** First bytes needed: a tar archive has its mark at 257. */
export const SNIFF_BYTES = 512

const COMPRESSED: readonly (readonly [hex: string, format: string, command: string])[] = [
  ['28b52ffd', 'Zstandard', 'zstd -d'],
  ['04224d18', 'LZ4', 'lz4 -d'],
  ['fd377a58', 'xz', 'xz -d'],
  ['425a68', 'bzip2', 'bzip2 -d'],
]

const OTHERS: readonly (readonly [hex: string, content: string])[] = [
  ['504b0304', 'a ZIP archive'],
  ['504b0506', 'an empty ZIP archive'],
  ['52617221', 'a RAR archive'],
  ['377abcaf271c', 'a 7-Zip archive'],
  ['47504300', 'a GPAC capture (.gpc), a format of its own'],
  ['1c0001ab', 'an Ixia capture (.vcap)'],
  ['1c0001ac', 'an Ixia capture (.vcap)'],
  ['ab01001c', 'an Ixia capture (.vcap)'],
  ['ac01001c', 'an Ixia capture (.vcap)'],
  ['736e6f6f70000000', 'a snoop capture'],
  ['474d4255', 'a Microsoft Network Monitor capture'],
  ['52545353', 'a Microsoft Network Monitor 1 capture'],
  ['5452534e49464620', 'a Sniffer capture'],
  ['25504446', 'a PDF document'],
  ['89504e47', 'a PNG picture'],
  ['ffd8ff', 'a JPEG picture'],
  ['47494638', 'a GIF picture'],
  ['1a45dfa3', 'a Matroska or WebM file'],
  ['52494646', 'a RIFF file (AVI, WAV)'],
  ['4f676753', 'an Ogg file'],
  ['464c5601', 'a Flash video'],
  ['494433', 'an MP3 file'],
  ['664c6143', 'a FLAC file'],
  ['7f454c46', 'a program (ELF)'],
  ['4d5a', 'a Windows program'],
  ['53514c69746520', 'an SQLite database'],
  ['fffe', 'text in UTF-16'],
  ['feff', 'text in UTF-16'],
]

const BOXES: ReadonlySet<string> = new Set(['ftyp', 'styp', 'moov', 'moof', 'mdat', 'sidx', 'free', 'wide'])

/** Finds the type of a file. @param bytes the first SNIFF_BYTES of the file, or all where it is shorter */
export function sniffCapture(bytes: Uint8Array): Sniffed {
  if (bytes.length === 0) return { kind: 'other', content: 'empty' }
  const hex = Array.from(bytes.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (hex.startsWith('1f8b')) return { kind: 'gzip' }
  if (hex.startsWith('0a0d0d0a')) return { kind: 'pcapng' }
  if (/^(a1b2c3d4|d4c3b2a1|a1b23c4d|4d3cb2a1|a1b2cd34|34cdb2a1)/.test(hex)) return { kind: 'pcap' }
  for (const [magic, format, command] of COMPRESSED) {
    if (hex.startsWith(magic)) return { kind: 'compressed', format, command }
  }
  return { kind: 'other', content: contentOf(bytes, hex) }
}

function contentOf(bytes: Uint8Array, hex: string): string {
  if (bytes.length >= 8 && BOXES.has(ascii(bytes, 4, 8))) return 'an MP4 file'
  for (const [magic, content] of OTHERS) if (hex.startsWith(magic)) return content
  if (ascii(bytes, 257, 262) === 'ustar') return 'a tar archive'
  if (bytes[0] === 0x47 && (bytes[188] ?? 0x47) === 0x47 && bytes.length >= 188) return 'an MPEG-2 transport stream'
  if (bytes.every((byte) => byte === 0)) return 'nothing but zero bytes'
  if (isText(bytes)) return describeText(bytes)
  if (isErf(bytes)) return 'an ERF capture (Endace)'
  const word = bytes.length >= 4 ? fileU32(bytes, 0, false).toString(16).padStart(8, '0') : hex
  return `an unknown format that begins with the bytes ${word.replace(/(..)(?=.)/g, '$1 ')}`
}

/** ERF has no mark: a type, a length of the record, and the same again behind it. */
function isErf(bytes: Uint8Array): boolean {
  let at = 0
  let records = 0
  for (; at + 16 <= bytes.length; records++) {
    const length = (bytes[at + 10] as number) * 256 + (bytes[at + 11] as number)
    const type = (bytes[at + 8] as number) & 0x7f
    const wire = (bytes[at + 14] as number) * 256 + (bytes[at + 15] as number)
    if (type === 0 || type > 48 || length < 16 || wire === 0 || Math.abs(length - wire) > 64) return false
    at += length
  }
  return records > 0
}

function describeText(bytes: Uint8Array): string {
  const text = new TextDecoder()
    .decode(bytes)
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (text.startsWith('#EXTM3U')) return 'an HLS playlist'
  if (/<MPD[\s>]/.test(text)) return 'a DASH manifest'
  if (/^<!doctype html|^<html/i.test(text)) return 'a web page'
  if (text.startsWith('<')) return 'an XML document'
  if (text.startsWith('{') || text.startsWith('[')) return 'a JSON document'
  return 'text'
}

/** Whether all bytes are printable, white space, or UTF-8. */
function isText(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte === 127 || (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)) return false
  try {
    // The sample may cut a character: leave its last bytes out.
    const whole = bytes.length < SNIFF_BYTES ? bytes : bytes.subarray(0, lastCharacterStart(bytes))
    new TextDecoder('utf-8', { fatal: true }).decode(whole)
    return true
  } catch {
    return false
  }
}

function lastCharacterStart(bytes: Uint8Array): number {
  let at = bytes.length - 1
  while (at > 0 && ((bytes[at] as number) & 0xc0) === 0x80) at--
  return at
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to))
}
