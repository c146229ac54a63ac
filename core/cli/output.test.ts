import { afterEach, describe, expect, it, vi } from 'vitest'
import { printJsonPieces, printLinesInTurns } from './output.ts'

/** Longer than a turn, ms. */
const LONG_MS = 30

function* slow(pieces: readonly string[]): Generator<string> {
  for (const piece of pieces) {
    const endMs = performance.now() + LONG_MS
    while (performance.now() < endMs);
    yield piece
  }
}

describe('a report that takes long to make', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it.each([
    { print: printJsonPieces, pieces: ['[1,', '"\u001b",', '3]'], printed: '[1,"\\u001b",3]' },
    { print: printLinesInTurns, pieces: ['one', 't\u001bwo', 'three'], printed: 'one\nt\\x1bwo\nthree\n' },
  ])('is printed whole, and others have their turns: $printed', async ({ print, pieces, printed }) => {
    let text = ''
    vi.spyOn(process.stdout, 'write').mockImplementation((piece) => {
      text += piece
      return true
    })
    const atTurns: number[] = []
    let done = false
    const turn = (): void => {
      atTurns.push(text.length)
      if (!done) setImmediate(turn)
    }
    setImmediate(turn)
    await print(slow(pieces))
    done = true
    expect(text).toBe(printed)
    expect(new Set(atTurns).size).toBeGreaterThanOrEqual(2)
  })

  it('is written in few pieces where it is made quickly', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    await printLinesInTurns(Array.from({ length: 1000 }, (_, line) => `line ${line}`))
    expect(write.mock.calls.map(([piece]) => String(piece)).join('')).toMatch(/^line 0\n.*line 999\n$/s)
    expect(write.mock.calls.length).toBeLessThan(100)
  })
})
