import type { CaptionColour, CaptionLine } from '../../contract/captions.ts'
import { CaptionGrid, type Pen, PLAIN_PEN } from './caption-grid.ts'
import { extendedCharacter, specialCharacter, standardCharacter } from './cea608-characters.ts'

const ROWS = 15
const COLUMNS = 32
/** Captions are within the middle 80 % of the picture (CTA-608-E §C.10, safe caption area). */
const SAFE = { from: 0.1, size: 0.8 } as const

/** Rows by the first byte of a preamble address code, 0x10 to 0x17 (CTA-608-E table 53); the second where bit 5 of the second byte is set. */
const PAC_ROWS = [
  [11, 11],
  [1, 2],
  [3, 4],
  [12, 13],
  [14, 15],
  [5, 6],
  [7, 8],
  [9, 10],
] as const
const COLOURS: readonly CaptionColour[] = ['white', 'lime', 'blue', 'cyan', 'red', 'yellow', 'magenta']

/** Miscellaneous control codes (CTA-608-E table 52): the second byte behind 0x14, or 0x15 in field 2. */
const CONTROL = {
  resumeLoading: 0x20,
  backspace: 0x21,
  deleteToEnd: 0x24,
  rollUp2: 0x25,
  rollUp4: 0x27,
  resumeDirect: 0x29,
  textRestart: 0x2a,
  resumeText: 0x2b,
  eraseDisplayed: 0x2c,
  carriageReturn: 0x2d,
  eraseHidden: 0x2e,
  endOfCaption: 0x2f,
} as const

/** One caption channel of CTA-608-E: pop-on, paint-on and roll-up captions. Text mode is passed over. */
export class Cea608Channel {
  #mode: 'none' | 'pop-on' | 'paint-on' | 'roll-up' | 'text' = 'none'
  #displayed = new CaptionGrid(ROWS, COLUMNS)
  #hidden = new CaptionGrid(ROWS, COLUMNS)
  #rollRows = 2
  #row = ROWS - 1
  #column = 0
  #pen: Pen = PLAIN_PEN
  #version = 0

  /** Grows when what is displayed changes. */
  get version(): number {
    return this.#version
  }

  /** Takes a standard character, 0x20 to 0x7f. */
  character(code: number): void {
    this.#write(standardCharacter(code))
  }

  /** Takes a control code of the first channel: bytes 0x10 to 0x17, and 0x20 to 0x7f. */
  control(first: number, second: number): void {
    if (second >= 0x40) this.#address(first, second)
    else if (first === 0x11 && second >= 0x30) this.#write(specialCharacter(second))
    else if (first === 0x11) this.#midRow(second)
    else if (first === 0x12 || first === 0x13) {
      // It follows a standard character that decoders without it show instead.
      this.#back()
      this.#write(extendedCharacter(first, second))
    } else if ((first === 0x14 || first === 0x15) && second < 0x30) this.#miscellaneous(second)
    else if (first === 0x17 && second >= 0x21 && second <= 0x23)
      this.#column = Math.min(COLUMNS - 1, this.#column + second - 0x20)
  }

  /** What is displayed. */
  lines(): CaptionLine[] {
    const lines: CaptionLine[] = []
    for (let row = 0; row < ROWS; row++) {
      const line = this.#displayed.line(row)
      if (line === null) continue
      const top = SAFE.from + (SAFE.size * row) / ROWS
      lines.push({ top, left: SAFE.from + (SAFE.size * line.column) / COLUMNS, align: 'start', runs: line.runs })
    }
    return lines
  }

  get #grid(): CaptionGrid {
    return this.#mode === 'pop-on' ? this.#hidden : this.#displayed
  }

  get #writes(): boolean {
    return this.#mode !== 'none' && this.#mode !== 'text'
  }

  #changed(): void {
    if (this.#mode !== 'pop-on') this.#version++
  }

  #write(text: string): void {
    if (!this.#writes) return
    this.#grid.put(this.#row, this.#column, text, this.#pen)
    // The last column is written again and again (CTA-608-E §C.13).
    if (this.#column < COLUMNS - 1) this.#column++
    this.#changed()
  }

  #back(): void {
    if (!this.#writes || this.#column === 0) return
    this.#column--
    this.#grid.erase(this.#row, this.#column, this.#column + 1)
    this.#changed()
  }

  #address(first: number, second: number): void {
    const row = (PAC_ROWS[first & 7]?.[(second >> 5) & 1] ?? ROWS) - 1
    if (this.#mode === 'roll-up' && row !== this.#row) {
      const base = Math.max(row, this.#rollRows - 1)
      this.#displayed.move(this.#row, base, this.#rollRows)
      this.#row = base
      this.#changed()
    } else this.#row = row
    const style = (second >> 1) & 15
    const underline = (second & 1) === 1
    this.#pen = { colour: style < 7 ? (COLOURS[style] as CaptionColour) : 'white', italic: style === 7, underline }
    this.#column = style < 8 ? 0 : (style - 8) * 4
  }

  /** A mid-row code takes one column, as a space. */
  #midRow(second: number): void {
    const style = (second >> 1) & 7
    const underline = (second & 1) === 1
    this.#pen =
      style === 7
        ? { ...this.#pen, italic: true, underline }
        : { colour: COLOURS[style] as CaptionColour, italic: false, underline }
    this.#write(' ')
  }

  #miscellaneous(code: number): void {
    switch (code) {
      case CONTROL.resumeLoading:
        this.#mode = 'pop-on'
        return
      case CONTROL.backspace:
        this.#back()
        return
      case CONTROL.deleteToEnd:
        if (this.#writes) this.#grid.erase(this.#row, this.#column)
        this.#changed()
        return
      case CONTROL.resumeDirect:
        this.#mode = 'paint-on'
        return
      case CONTROL.textRestart:
      case CONTROL.resumeText:
        this.#mode = 'text'
        return
      case CONTROL.eraseDisplayed:
        this.#displayed.clear()
        this.#version++
        return
      case CONTROL.carriageReturn:
        if (this.#mode !== 'roll-up') return
        this.#displayed.rollUp(this.#row - this.#rollRows + 1, this.#row)
        this.#column = 0
        this.#pen = PLAIN_PEN
        this.#version++
        return
      case CONTROL.eraseHidden:
        this.#hidden.clear()
        return
      case CONTROL.endOfCaption:
        this.#mode = 'pop-on'
        ;[this.#displayed, this.#hidden] = [this.#hidden, this.#displayed]
        this.#version++
        return
      default:
        if (code >= CONTROL.rollUp2 && code <= CONTROL.rollUp4) this.#rollUp(code - CONTROL.rollUp2 + 2)
    }
  }

  #rollUp(rows: number): void {
    if (this.#mode !== 'roll-up') {
      this.#displayed.clear()
      this.#hidden.clear()
      this.#row = ROWS - 1
      this.#column = 0
      this.#pen = PLAIN_PEN
      this.#version++
    }
    this.#mode = 'roll-up'
    this.#rollRows = rows
  }
}
