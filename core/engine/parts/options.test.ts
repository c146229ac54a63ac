import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OptionRow, OptionType, TextOf } from '../../contract/option-row.ts'
import { checkOption, readGpac, readOption, writeGpac, writeOption } from '../../contract/option-values.ts'
import type { OptionValue } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'

const ROWS = PART_DESCRIPTIONS.flatMap(({ kind, options }) =>
  options.map((row): [string, OptionRow] => [`${kind}.${row.key}`, row]),
)

const word = fc.string({ minLength: 1 }).filter((text) => !/\s/.test(text))
const TEXTS: Readonly<Record<TextOf, fc.Arbitrary<string>>> = {
  interface: word,
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  url: fc.webUrl(),
  folder: fc.string({ minLength: 1 }),
  file: fc.string({ minLength: 1 }),
  words: fc.string({ minLength: 1 }),
  source: word,
  input: fc.string({ minLength: 1 }),
  chances: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })).map((both) => both.join('x')),
  endpoint: fc
    .tuple(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6().map((ip) => `[${ip}]`),
        fc.domain(),
      ),
      fc.integer({ min: 0, max: 65535 }),
    )
    .map(([host, port]) => `${host}:${port}`),
}

function arbitraryOf(type: OptionType): fc.Arbitrary<OptionValue> {
  switch (type.kind) {
    case 'flag':
    case 'negated':
    case 'switch':
      return fc.boolean()
    case 'choice':
      return fc.constantFrom(...type.values)
    case 'number':
    case 'bytes':
      return fc.integer({ min: type.min, max: type.max })
    case 'duration':
      return fc
        .double({ min: type.above === true ? Number.MIN_VALUE : 0, max: type.max, noNaN: true })
        .map((s) => s + 0)
    case 'text':
      return TEXTS[type.of]
    case 'list':
      return fc.array(TEXTS[type.of])
    case 'services':
      return fc.oneof(fc.constantFrom('all', 'first', 'none', 'scan'), fc.array(fc.nat(2 ** 32 - 1), { minLength: 1 }))
  }
}

describe.each(ROWS)('%s', (_, row) => {
  it('reads its own output', () => {
    fc.assert(
      fc.property(arbitraryOf(row.type), (value) => {
        const written = writeOption(row, value)
        expect(written.ok && readOption(row, written.texts)).toEqual({ ok: true, value })
        expect(checkOption(row, JSON.parse(JSON.stringify(value)))).toEqual({ ok: true, value })
      }),
    )
  })

  it('has a default of its type', () => {
    if (row.default !== null) expect(checkOption(row, row.default)).toEqual({ ok: true, value: row.default })
  })

  it('refuses values of another type', () => {
    for (const wrong of [null, {}, undefined]) expect(checkOption(row, wrong).ok).toBe(false)
  })
})

describe.each(ROWS.filter(([, row]) => row.gpac !== null))("%s in GPAC's words", (_, row) => {
  it('reads what it wrote, or says that GPAC has no words for it', () => {
    fc.assert(
      fc.property(arbitraryOf(row.type), (value) => {
        const written = writeGpac(row, value)
        if (written.ok) expect(readGpac(row, written.texts[0] ?? '')).toEqual({ ok: true, value })
        else expect(written.problem).toMatch(/in GPAC$/)
      }),
    )
  })
})

describe('the options of all parts', () => {
  it('have one meaning for each name', () => {
    const seen = new Map<string, OptionRow>()
    for (const [, row] of ROWS) {
      const name = row.choice ?? row.key
      const before = seen.get(name)
      if (before === undefined) seen.set(name, row)
      else expect([name, row.option, row.type.kind]).toEqual([name, before.option, before.type.kind])
    }
  })

  it('say of each file or folder whether it is read or written, so that none is both', () => {
    const paths = ROWS.filter(([, { type }]) => 'of' in type && ['file', 'folder', 'input'].includes(type.of))
    expect(paths.length).toBeGreaterThan(3)
    expect(paths.filter(([, { disk }]) => disk === undefined).map(([name]) => name)).toEqual([])
  })

  it('name one field of a part each', () => {
    for (const { kind, options } of PART_DESCRIPTIONS) {
      const keys = options.map(({ key }) => key)
      expect(new Set(keys).size, kind).toBe(keys.length)
      for (const key of keys) expect(['id', 'kind'], kind).not.toContain(key)
    }
  })
})
