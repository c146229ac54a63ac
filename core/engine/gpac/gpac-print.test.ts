import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OptionRow, OptionType } from '../../contract/option-row.ts'
import { writeGpac } from '../../contract/option-values.ts'
import type { OptionValue, PartSpec, SessionSpec } from '../../contract/session-spec.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'
import { chosenPart } from '../spec/part-spec.ts'
import { filterKind, rowsOf } from './gpac-filters.ts'
import { printGpacLine } from './gpac-print.ts'
import { readGpacLine } from './gpac-reader.ts'

/** Values of an option. */
function valuesOf(type: OptionType): fc.Arbitrary<OptionValue> {
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
      return fc.integer({ min: 1, max: Math.min(type.max, 1000) })
    case 'services':
      return fc.oneof(fc.constantFrom('all', 'first', 'none', 'scan'), fc.array(fc.nat(65_535), { minLength: 1 }))
    case 'text':
    case 'list': {
      const texts: Partial<Record<string, fc.Arbitrary<string>>> = {
        url: fc.webUrl({ validSchemes: ['http', 'https'] }).filter((url) => !/[,#]/.test(url)),
        interface: fc.ipV4(),
        address: fc.ipV4(),
        chances: fc.constantFrom('0x100', '1x50', '0.5x20'),
      }
      const text = texts[type.of] ?? fc.string({ minLength: 1, maxLength: 12 }).filter((some) => !some.includes('\0'))
      return type.kind === 'text' ? text : fc.array(text, { minLength: 1, maxLength: 2 })
    }
  }
}

/** A part with some of the options that a filter has words for. */
function partOf(kind: string, id: string, filter: string, subject: Record<string, OptionValue> = {}) {
  const description = PART_DESCRIPTIONS.find((each) => each.kind === kind)
  if (description === undefined) throw new Error(kind)
  const rows = rowsOf(filterKind(filter), PART_DESCRIPTIONS).filter((each) => each.kind === kind)
  const entries = rows.map(({ row }): [string, fc.Arbitrary<OptionValue | undefined>] => [row.key, optional(row)])
  return fc.record(Object.fromEntries(entries)).map((values) => chosenPart(description, id, { ...values, ...subject }))
}

function optional(row: OptionRow): fc.Arbitrary<OptionValue | undefined> {
  const fits = valuesOf(row.type).filter((value) => value !== undefined && writeGpac(row, value).ok)
  return fc.option(fits, { nil: undefined, freq: 3 })
}

const named = (part: PartSpec): boolean => Object.keys(part).length > 2
const path = fc.string({ minLength: 1, maxLength: 10 }).map((text) => `d/${text.replace(/[\0$]/g, '')}x`)

const received = fc
  .tuple(
    fc.array(partOf('multicast', 'source', 'routein'), { minLength: 1, maxLength: 2 }),
    partOf('receiver', 'receiver', 'routein'),
    partOf('repair', 'repair', 'routein'),
    fc.option(fc.tuple(partOf('folder', 'folder', 'routein'), path), { nil: null }),
    fc.option(partOf('push', 'push', 'httpout'), { nil: null }),
    fc.option(partOf('gateway', 'gateway', 'routein'), { nil: null }),
    fc.boolean(),
  )
  .map(([sources, receiver, repair, folder, push, gateway, isTemplate]): PartSpec[] => {
    const names = isTemplate ? { names: 'rec$ServiceID$/$File$' } : {}
    return [
      ...sources.map((source, at) => ({
        ...source,
        id: sources.length === 1 ? 'source' : `source${at + 1}`,
        url: `route://239.133.0.${at}:18300`,
      })),
      ...[receiver, repair]
        .map((each) => (receiver.keepCorrupt ? { ...each, keepCorrupt: true } : without(each, 'keepCorrupt')))
        .filter(named),
      ...(folder === null ? [] : [{ ...folder[0], dir: folder[1], ...names }]),
      ...(push === null ? [] : [{ ...push, urls: ['http://127.0.0.1:18301/live.mpd'] }]),
      ...(gateway === null ? [] : [{ ...gateway, listen: '127.0.0.1:18302' }]),
    ]
  })
  .filter((parts) => parts.some(({ kind }) => ['folder', 'push', 'gateway'].includes(kind)))

const sent = fc
  .tuple(
    fc.array(fc.tuple(partOf('presentation', 'source', 'fin'), path), { minLength: 1, maxLength: 3 }),
    partOf('broadcast', 'broadcast', 'routeout', { url: 'atsc://239.133.0.1:18300' }),
    partOf('multicast-out', 'multicast-out', 'routeout'),
    fc.boolean(),
  )
  .map(([inputs, broadcast, out, lowLatency]): PartSpec[] => [
    ...inputs.map(([input, name], at) => ({
      ...without(input, 'lowLatency'),
      ...(lowLatency ? {} : { lowLatency: false }),
      id: inputs.length === 1 ? 'source' : `source${at + 1}`,
      input: `${name}.mpd`,
    })),
    broadcast,
    out,
  ])

const served = partOf('server', 'server', 'httpout', { listen: '127.0.0.1:18303', read: ['a', 'b'] }).map((part) => [
  part,
])

function without(part: PartSpec, key: string): PartSpec {
  const { [key]: _, ...rest } = part
  return rest as PartSpec
}

/** A line that logs requests logs HTTP. */
const sessionOf = (parts: readonly PartSpec[], durationMs: number | null): SessionSpec => ({
  format: 'routescope-session',
  version: 2,
  parts,
  ...(durationMs === null ? undefined : { durationS: durationMs / 1000 }),
  ...(parts.some(({ requestLog }) => requestLog !== undefined) ? { log: { http: 'info' as const } } : undefined),
})

describe("a session that is written in GPAC's grammar", () => {
  it.each([
    ['receives', received],
    ['sends', sent],
    ['serves', served],
  ] as const)('is read back as it was: one that %s', (_, arbitrary) => {
    let written = 0
    fc.assert(
      fc.property(arbitrary, fc.option(fc.integer({ min: 1, max: 1e6 })), (parts, durationMs) => {
        const spec = sessionOf(parts, durationMs)
        const { line, unknown } = printGpacLine(spec)
        if (unknown.length > 0) return
        written++
        expect(readGpacLine(line).spec, line).toEqual(spec)
      }),
      { numRuns: 200 },
    )
    expect(written).toBeGreaterThan(100)
  })

  it('with links is read back', () => {
    for (const line of [
      '-i a.mpd dashin -o route://239.133.0.1:18300 -i b.mpd dashin -o route://239.133.0.2:18300',
      '-i a.mpd dashin -o route://239.133.0.1:18300:ttl=1 -i b.mpd dashin -o route://239.133.0.2:18300:ttl=2',
      '-i route://239.133.0.1:18300:odir=a -i route://239.133.0.2:18300:odir=b',
      '-i route://239.133.0.1:18300:odir=a -i a.mpd dashin:FID=1 -o route://239.133.0.2:18300:SID=1',
      '-i a.mp3:#ice-Genre=Rock reframer:rt=on -o http://127.0.0.1:18301/live.mp3 --ice --hold',
      '-i route://239.133.0.1:1:FID=1 httpout:port=18301:SID=1 -i route://239.133.0.1:2:FID=2 httpout:port=18302:SID=2',
    ]) {
      const { spec } = readGpacLine(line)
      const again = printGpacLine(spec)
      expect(again.unknown, line).toEqual([])
      expect(readGpacLine(again.line).spec, again.line).toEqual(spec)
    }
  })

  it('says what GPAC has no words for', () => {
    const parts = [
      { id: 'source', kind: 'multicast', url: 'atsc://', sourceAddresses: ['10.0.0.1'] },
      { id: 'receiver', kind: 'receiver', fec: false },
      { id: 'folder', kind: 'folder', dir: 'x' },
      { id: 'report', kind: 'report', file: 'x.json' },
    ]
    expect(printGpacLine(sessionOf(parts, null)).unknown).toEqual(['--source 10.0.0.1', '--fec false', 'report'])
  })
})
