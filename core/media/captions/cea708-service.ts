import type { CaptionColour, CaptionLine } from '../../contract/captions.ts'
import { CaptionWindow } from './cea708-window.ts'

/** Commands of code set C1 (CTA-708-E §8.10.5). */
const C1 = {
  currentWindow: 0x80,
  clear: 0x88,
  display: 0x89,
  hide: 0x8a,
  toggle: 0x8b,
  remove: 0x8c,
  delay: 0x8d,
  reset: 0x8f,
  penAttributes: 0x90,
  penColour: 0x91,
  penLocation: 0x92,
  windowAttributes: 0x97,
  define: 0x98,
} as const
const WINDOWS = 8
/** Bytes of parameters of 0x88 to 0x9f. */
const C1_PARAMETERS = [1, 1, 1, 1, 1, 1, 0, 0, 2, 3, 2, 0, 0, 0, 0, 4, 6, 6, 6, 6, 6, 6, 6, 6] as const
/** Code sets behind EXT1, and the codes of C0 (§7.1.4). */
const C0 = { backspace: 0x08, formFeed: 0x0c, carriageReturn: 0x0d, restartRow: 0x0e, extended: 0x10 } as const
/** Characters of G2 by their code (§7.1.7). */
const G2: Readonly<Record<number, string>> = {
  32: '\u00a0',
  33: '\u00a0',
  37: '…',
  42: 'Š',
  44: 'Œ',
  48: '█',
  49: '‘',
  50: '’',
  51: '“',
  52: '”',
  53: '•',
  57: '™',
  58: 'š',
  60: 'œ',
  61: '℠',
  63: 'Ÿ',
  118: '⅛',
  119: '⅜',
  120: '⅝',
  121: '⅞',
  122: '│',
  123: '┐',
  124: '└',
  125: '─',
  126: '┘',
  127: '┌',
}
/** A code that has no character (§7.1.7: decoders show an underscore). */
const UNKNOWN = '_'
/** Longest command: EXT1, a code of C3, a length and 31 bytes. */
const MAX_PENDING = 64

/**
 * One caption service of CTA-708-E: eight windows and the commands that change them. Delays are not waited for, and text is horizontal
 * and scrolls up, as all broadcasts have it.
 */
export class Cea708Service {
  readonly #windows: (CaptionWindow | undefined)[] = []
  #current = 0
  /** A command whose parameters are not there yet. */
  #pending: Uint8Array = new Uint8Array(0)
  #version = 0

  /** Grows when what is displayed may have changed. */
  get version(): number {
    return this.#version
  }

  /** What is displayed, windows of low priority first. */
  lines(): CaptionLine[] {
    const shown = this.#windows.filter((window) => window !== undefined).sort((a, b) => b.priority - a.priority)
    return shown.flatMap((window) => window.lines())
  }

  /** Bytes are missing: all windows are removed, as for Reset. */
  lost(): void {
    this.#pending = new Uint8Array(0)
    this.#reset()
  }

  /** Takes the data of a service block. */
  push(block: Uint8Array): void {
    const bytes = new Uint8Array(this.#pending.length + block.length)
    bytes.set(this.#pending)
    bytes.set(block, this.#pending.length)
    let at = 0
    while (at < bytes.length) {
      const length = codeBytes(bytes, at)
      if (length === null || at + length > bytes.length) break
      this.#code(bytes.subarray(at, at + length))
      at += length
    }
    this.#pending = bytes.slice(at, at + MAX_PENDING)
  }

  #code(code: Uint8Array): void {
    const [first = 0, second = 0] = code
    if (first === C0.extended) this.#extended(second)
    else if (first < 0x20) this.#c0(first)
    else if (first >= 0x80 && first < 0xa0) this.#command(first, code)
    // G0 is ASCII but for a note, G1 Latin-1.
    else this.#write(first === 0x7f ? '♪' : String.fromCharCode(first))
  }

  #c0(code: number): void {
    const window = this.#windows[this.#current]
    if (window === undefined) return
    if (code === C0.backspace) window.backspace()
    else if (code === C0.formFeed) window.clear()
    else if (code === C0.carriageReturn) window.carriageReturn()
    else if (code === C0.restartRow) window.restartRow()
    else return
    this.#changed(window)
  }

  #extended(code: number): void {
    // C2 and C3 have no commands yet.
    if (code < 0x20 || (code >= 0x80 && code < 0xa0)) return
    // G3 has the icon of captions.
    this.#write(code === 0xa0 ? '㏄' : (G2[code] ?? UNKNOWN))
  }

  #write(text: string): void {
    const window = this.#windows[this.#current]
    if (window === undefined) return
    window.write(text)
    this.#changed(window)
  }

  #changed(window: CaptionWindow): void {
    if (window.visible) this.#version++
  }

  #command(command: number, code: Uint8Array): void {
    const [, first = 0, second = 0] = code
    const window = this.#windows[this.#current]
    if (command < C1.clear) this.#current = command & 7
    else if (command <= C1.remove) this.#each(command, first)
    else if (command === C1.reset) this.#reset()
    else if (command >= C1.define) this.#define(command & 7, code)
    else if (window === undefined) return
    else if (command === C1.penAttributes)
      window.pen = { ...window.pen, italic: (second & 0x80) !== 0, underline: (second & 0x40) !== 0 }
    else if (command === C1.penColour) window.pen = { ...window.pen, colour: nearestColour(first) }
    else if (command === C1.penLocation) window.moveTo(first & 15, second & 63)
    else if (command === C1.windowAttributes) {
      window.justify = (code[3] ?? 0) & 3
      this.#changed(window)
    }
  }

  /** Commands for the windows of a bitmap. */
  #each(command: number, bitmap: number): void {
    for (let id = 0; id < WINDOWS; id++) {
      const window = this.#windows[id]
      if (window === undefined || (bitmap & (1 << id)) === 0) continue
      if (command === C1.clear) window.clear()
      else if (command === C1.remove) this.#windows[id] = undefined
      else window.visible = command === C1.display || (command === C1.toggle && !window.visible)
    }
    this.#version++
  }

  #define(id: number, [, p1 = 0, p2 = 0, p3 = 0, p4 = 0, p5 = 0, p6 = 0]: Uint8Array): void {
    const definition = {
      visible: (p1 & 0x20) !== 0,
      priority: p1 & 7,
      relative: (p2 & 0x80) !== 0,
      anchorVertical: p2 & 0x7f,
      anchorHorizontal: p3,
      anchorPoint: Math.min(8, p4 >> 4),
      rows: (p4 & 15) + 1,
      columns: (p5 & 63) + 1,
    }
    const known = this.#windows[id]
    if (known === undefined) this.#windows[id] = new CaptionWindow(definition)
    else known.define(definition)
    const window = this.#windows[id]
    // Predefined window styles 3 and 6 are centred, as of style 1 the others are left (§8.12); 0 keeps what is there.
    const style = (p6 >> 3) & 7
    if (window !== undefined && style > 0) window.justify = style === 3 || style === 6 ? 2 : 0
    this.#current = id
    this.#version++
  }

  #reset(): void {
    this.#windows.length = 0
    this.#current = 0
    this.#version++
  }
}

/** Length of a code with its parameters; null where the bytes that tell it are not there yet. */
function codeBytes(bytes: Uint8Array, at: number): number | null {
  const first = bytes[at] as number
  if (first === C0.extended) return extendedBytes(bytes, at)
  if (first < 0x20) return first < 0x10 ? 1 : first < 0x18 ? 2 : 3
  if (first >= C1.clear && first < 0xa0) return 1 + (C1_PARAMETERS[first - C1.clear] ?? 0)
  return 1
}

/** Codes behind EXT1: characters, and commands of C2 and C3 that are passed over (§7.1.5, §7.1.6). */
function extendedBytes(bytes: Uint8Array, at: number): number | null {
  const second = bytes[at + 1]
  if (second === undefined) return null
  if (second < 0x20) return 2 + (second >> 3)
  if (second < 0x80 || second >= 0xa0) return 2
  if (second < 0x90) return second < 0x88 ? 6 : 7
  const length = bytes[at + 2]
  return length === undefined ? null : 3 + (length & 0x1f)
}

/** The nearest colour that is drawn of two bits each of red, green and blue. */
function nearestColour(bits: number): CaptionColour {
  const on = (shift: number): number => (((bits >> shift) & 3) >= 2 ? 1 : 0)
  const colours: readonly CaptionColour[] = ['black', 'blue', 'lime', 'cyan', 'red', 'magenta', 'yellow', 'white']
  return colours[on(4) * 4 + on(2) * 2 + on(0)] ?? 'white'
}
