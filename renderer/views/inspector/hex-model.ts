import { formatCount, formatHex } from '../../model/format.ts'

/** Bytes of one line. */
export const LINE_BYTES = 16
/** Bytes of one request. */
export const PAGE_BYTES = 8192

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/**
 * What a cell shows. `missing`: not received; `waiting`: not fetched; `recovered`: by FEC; `filled`: made up or fetched where nothing
 * was received; `changed`: received with another value.
 */
export type HexKind = 'byte' | 'missing' | 'waiting' | 'recovered' | 'filled' | 'changed'
/** Adjacent cells of a line with the same style. */
export type HexRun = { readonly kind: HexKind; readonly text: string }
export type HexLine = { readonly offset: string; readonly hex: readonly HexRun[]; readonly ascii: readonly HexRun[] }

/**
 * One line of a hex dump.
 * @param byteAt value; -1: not received, -2: not fetched
 * @param end offset after the last byte
 * @param kindAt kind of a fetched byte
 */
export function hexLine(
  start: number,
  end: number,
  digits: number,
  byteAt: (offset: number) => number,
  perLine = LINE_BYTES,
  kindAt: (offset: number) => HexKind = () => 'byte',
): HexLine {
  const hex: { kind: HexKind; text: string }[] = []
  const ascii: { kind: HexKind; text: string }[] = []
  for (let column = 0; column < perLine && start + column < end; column++) {
    const value = byteAt(start + column)
    const kind = value === -1 ? 'missing' : value === -2 ? 'waiting' : kindAt(start + column)
    const cell = value < 0 ? '··' : (HEX[value] ?? '')
    const gap = column === perLine / 2 - 1 ? '  ' : ' '
    append(hex, kind, cell + gap)
    append(
      ascii,
      kind,
      value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : value === -1 ? '·' : value === -2 ? ' ' : '.',
    )
  }
  return { offset: start.toString(16).padStart(digits, '0'), hex, ascii }
}

function append(runs: { kind: HexKind; text: string }[], kind: HexKind, text: string): void {
  const last = runs.at(-1)
  if (last?.kind === kind) last.text += text
  else runs.push({ kind, text })
}

/** Digits of offsets in an object of `size` bytes, at least 6. */
export const offsetDigits = (size: number): number => Math.max(6, Math.max(0, size - 1).toString(16).length)

/** Column of the byte's first digit in the hex part, in characters. */
export const hexColumn = (column: number, perLine = LINE_BYTES): number => column * 3 + (column >= perLine / 2 ? 1 : 0)

/** Width of a line in characters: offset, bytes and their characters. */
export const lineCharacters = (digits: number, perLine: number): number => digits + 2 + perLine * 3 + 2 + perLine

/** Bytes of a line that fits: sixteen, or eight where the room is narrow. */
export function bytesPerLine(room: number, characterWidth: number, digits: number): number {
  return room > 0 && room < lineCharacters(digits, LINE_BYTES) * characterWidth ? LINE_BYTES / 2 : LINE_BYTES
}

/** Parses a typed offset: `4096`, `0x1000`, `1000h`; null: not an offset of the object. */
export function parseOffset(text: string, size: number): number | null {
  const trimmed = text.replace(/[\s\u2009]/g, '').toLowerCase()
  const hex = /^(?:0x([0-9a-f]+)|([0-9a-f]+)h)$/.exec(trimmed)
  const offset =
    hex !== null ? Number.parseInt(hex[1] ?? hex[2] ?? '', 16) : /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isSafeInteger(offset) && offset >= 0 && offset < size ? offset : null
}

/** The cursor after a key; null: not a key of the dump. */
export function cursorAfterKey(
  key: string,
  at: number,
  size: number,
  pageLines: number,
  perLine = LINE_BYTES,
): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -perLine,
    ArrowDown: perLine,
    PageUp: -perLine * pageLines,
    PageDown: perLine * pageLines,
  }
  if (key === 'Home') return 0
  if (key === 'End') return Math.max(0, size - 1)
  const step = steps[key]
  if (step === undefined) return null
  const next = at + step
  if (next >= 0 && next < size) return next
  // A step beyond either end stays in its column, as in an editor.
  return Math.abs(step) < perLine || next < 0 ? at : Math.min(size - 1, lastInColumn(at, size, perLine))
}

function lastInColumn(at: number, size: number, perLine: number): number {
  const column = at % perLine
  const last = Math.floor((size - 1) / perLine) * perLine + column
  return last < size ? last : size - 1
}

/** Offset and value under the cursor, also as big-endian integers, which these formats use. */
export function cursorText(cursor: number, byteAt: (offset: number) => number): string {
  const place = `${formatCount(cursor)} (${formatHex(cursor)})`
  const bytes = [0, 1, 2, 3].map((step) => byteAt(cursor + step))
  const [first = -2, second = -2] = bytes
  if (first === -1) return `${place}: not received`
  if (first < 0) return place
  const words = [`${place}: ${first}`]
  if (second >= 0) words.push(`u16 ${formatCount(first * 256 + second)}`)
  if (bytes.every((byte) => byte >= 0))
    words.push(`u32 ${formatCount(bytes.reduce((sum, byte) => sum * 256 + byte, 0))}`)
  return words.join(', ')
}
