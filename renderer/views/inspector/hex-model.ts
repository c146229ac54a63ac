/** Bytes of one line. */
export const LINE_BYTES = 16
/** Bytes of one request. */
export const PAGE_BYTES = 8192

const HEX = Array.from({ length: 256 }, (_, value) => value.toString(16).padStart(2, '0'))

/** Adjacent cells of a line with the same style. */
export type HexRun = { readonly kind: 'byte' | 'missing' | 'waiting'; readonly text: string }
export type HexLine = { readonly offset: string; readonly hex: readonly HexRun[]; readonly ascii: readonly HexRun[] }

/**
 * One line of a hex dump.
 * @param byteAt value; -1: not received, -2: not fetched
 * @param end offset after the last byte
 */
export function hexLine(start: number, end: number, digits: number, byteAt: (offset: number) => number): HexLine {
  const hex: { kind: HexRun['kind']; text: string }[] = []
  const ascii: { kind: HexRun['kind']; text: string }[] = []
  for (let column = 0; column < LINE_BYTES && start + column < end; column++) {
    const value = byteAt(start + column)
    const kind = value === -1 ? 'missing' : value === -2 ? 'waiting' : 'byte'
    const cell = value < 0 ? '··' : (HEX[value] ?? '')
    const gap = column === LINE_BYTES / 2 - 1 ? '  ' : ' '
    append(hex, kind, cell + gap)
    append(
      ascii,
      kind,
      value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : value === -1 ? '·' : value === -2 ? ' ' : '.',
    )
  }
  return { offset: start.toString(16).padStart(digits, '0'), hex, ascii }
}

function append(runs: { kind: HexRun['kind']; text: string }[], kind: HexRun['kind'], text: string): void {
  const last = runs.at(-1)
  if (last?.kind === kind) last.text += text
  else runs.push({ kind, text })
}

/** Digits of offsets in an object of `size` bytes, at least 6. */
export const offsetDigits = (size: number): number => Math.max(6, Math.max(0, size - 1).toString(16).length)

/** Column of the byte's first digit in the hex part, in characters. */
export const hexColumn = (column: number): number => column * 3 + (column >= LINE_BYTES / 2 ? 1 : 0)

/** Parses a typed offset: `4096`, `0x1000`, `1000h`; null: not an offset of the object. */
export function parseOffset(text: string, size: number): number | null {
  const trimmed = text.replace(/[\s\u2009]/g, '').toLowerCase()
  const hex = /^(?:0x([0-9a-f]+)|([0-9a-f]+)h)$/.exec(trimmed)
  const offset =
    hex !== null ? Number.parseInt(hex[1] ?? hex[2] ?? '', 16) : /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isSafeInteger(offset) && offset >= 0 && offset < size ? offset : null
}

/** The cursor after a key; null: not a key of the dump. */
export function cursorAfterKey(key: string, at: number, size: number, pageLines: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -LINE_BYTES,
    ArrowDown: LINE_BYTES,
    PageUp: -LINE_BYTES * pageLines,
    PageDown: LINE_BYTES * pageLines,
  }
  if (key === 'Home') return 0
  if (key === 'End') return Math.max(0, size - 1)
  const step = steps[key]
  if (step === undefined) return null
  const next = at + step
  if (next >= 0 && next < size) return next
  // A step beyond either end stays in its column, as in an editor.
  return Math.abs(step) < LINE_BYTES || next < 0 ? at : Math.min(size - 1, lastInColumn(at, size))
}

function lastInColumn(at: number, size: number): number {
  const column = at % LINE_BYTES
  const last = Math.floor((size - 1) / LINE_BYTES) * LINE_BYTES + column
  return last < size ? last : size - 1
}
