import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { BoxField, BoxRow } from '../../contract/object-boxes.ts'
import type { Hole } from '../holes.ts'
import { describeBox, looksLikeBoxFile, readBoxTree } from './box-tree.ts'

const demo = join(__dirname, '..', '..', '..', 'assets', 'demo', 'presentation')
const fileOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(demo, name)))
const segment = fileOf('video-2.m4s')
const init = fileOf('video-init.mp4')

/** A copy with other bytes in its holes: nothing of them may be seen. */
function received(bytes: Uint8Array, holes: readonly Hole[]): Uint8Array {
  const copy = bytes.slice()
  for (const [from, to] of holes) copy.fill(0x66, from, to)
  return copy
}

const treeOf = (bytes: Uint8Array, holes: readonly Hole[] = []): readonly BoxRow[] =>
  readBoxTree(received(bytes, holes), holes, bytes.length).rows
const shape = (rows: readonly BoxRow[]): string[] =>
  rows.map(({ type, depth }) => `${'  '.repeat(depth)}${type ?? '?'}`)
const rowOf = (rows: readonly BoxRow[], type: string): BoxRow => {
  const row = rows.find((each) => each.type === type)
  if (row === undefined) throw new Error(`no ${type}`)
  return row
}
const fieldsOf = (bytes: Uint8Array, type: string, holes: readonly Hole[] = []): BoxField[] =>
  describeBox(received(bytes, holes), holes, rowOf(treeOf(bytes), type).offset)
const fieldValue = (fields: readonly BoxField[], name: string) => fields.find((field) => field.name === name)?.value

describe('the boxes of an object that arrived whole', () => {
  it('are listed down to the sample tables', () => {
    expect(shape(treeOf(segment))).toEqual('styp|sidx|moof|  mfhd|  traf|    tfhd|    tfdt|    trun|mdat'.split('|'))
    expect(shape(treeOf(init)).map((line) => line.trim())).toEqual(
      expect.arrayContaining([
        'moov',
        'mvhd',
        'trak',
        'tkhd',
        'mdhd',
        'hdlr',
        'stsd',
        'avc1',
        'avcC',
        'stts',
        'stsz',
        'trex',
      ]),
    )
    for (const row of [...treeOf(segment), ...treeOf(init)]) expect(row).toMatchObject({ missing: 0, fault: null })
  })

  it('have fields with the place of each in the bytes', () => {
    const fields = fieldsOf(segment, 'tfdt')
    expect(fields.map(({ name }) => name)).toEqual(['size', 'type', 'version', 'flags', 'baseMediaDecodeTime'])
    const time = fields.at(-1) as BoxField
    const bytes = segment.subarray(time.offset, time.offset + time.size)
    expect(time.value).toBe(String(bytes.reduce((sum, byte) => sum * 256 + byte, 0)))
    expect(rowOf(treeOf(segment), 'tfdt').summary).toBe(time.value)
    expect(fieldValue(fieldsOf(init, 'hdlr'), 'handler_type')).toBe('vide')
    expect(rowOf(treeOf(init), 'avc1').summary).toMatch(/^\d+ × \d+$/)
  })

  it('list the samples of a run and of its mdat, which agree', () => {
    const run = fieldsOf(segment, 'trun')
    const count = Number(fieldValue(run, 'sample_count'))
    const samples = run.filter(({ name }) => name.startsWith('sample '))
    expect(samples).toHaveLength(count)
    const mdat = fieldsOf(segment, 'mdat').slice(2)
    expect(mdat).toHaveLength(count)
    const { offset, size } = rowOf(treeOf(segment), 'mdat')
    expect(mdat.reduce((sum, each) => sum + each.size, 0)).toBe(size - 8)
    expect(mdat[0]?.offset).toBe(offset + 8)
  })
})

describe('the boxes of an object with holes', () => {
  const rows = treeOf(segment)
  const moof = rowOf(rows, 'moof')
  const mdat = rowOf(rows, 'mdat')

  it('show a moof that arrived, and an mdat as cut, with its samples', () => {
    const hole: Hole = [mdat.offset + 100, mdat.offset + 1548]
    const damaged = treeOf(segment, [hole])
    expect(shape(damaged)).toEqual(shape(rows))
    expect(rowOf(damaged, 'moof')).toEqual(moof)
    expect(rowOf(damaged, 'mdat')).toMatchObject({ size: mdat.size, missing: 1448 })
    expect(rowOf(damaged, 'mdat').fault).toMatch(/^\d+ of \d+ samples cut: 1/)
    const cut = fieldsOf(segment, 'mdat', [hole]).filter(({ note }) => note !== null)
    expect(cut.map(({ note }) => Number(/cut: (\d+)/.exec(note ?? '')?.[1])).reduce((sum, each) => sum + each, 0)).toBe(
      1448,
    )
  })

  it('show a moof that is cut as cut, its children up to the hole, and what follows', () => {
    const tfdt = rowOf(rows, 'tfdt')
    const hole: Hole = [tfdt.offset + 12, tfdt.offset + 14]
    const damaged = treeOf(segment, [hole])
    expect(shape(damaged)).toEqual(shape(rows))
    expect(rowOf(damaged, 'moof').missing).toBe(2)
    expect(rowOf(damaged, 'tfdt')).toMatchObject({ missing: 2, summary: null })
    expect(fieldValue(fieldsOf(segment, 'tfdt', [hole]), 'baseMediaDecodeTime')).toBeNull()
    expect(rowOf(damaged, 'mfhd')).toMatchObject({ missing: 0, summary: rowOf(rows, 'mfhd').summary })
  })

  it('show bytes without a header as such, and find the next box', () => {
    const hole: Hole = [moof.offset + 4, moof.offset + 60]
    const damaged = treeOf(segment, [hole])
    const gap = damaged.find(({ type }) => type === null) as BoxRow
    expect(gap).toMatchObject({ offset: moof.offset, missing: 56, fault: 'the header of a box did not arrive' })
    expect(damaged.at(-1)).toMatchObject({ type: 'mdat', offset: mdat.offset, missing: 0 })
  })

  it('show the tail that is not stored', () => {
    const cut = readBoxTree(segment.slice(0, mdat.offset + 50), [[mdat.offset + 50, segment.length]], segment.length)
    expect(cut.rows.at(-1)).toMatchObject({ type: 'mdat', size: mdat.size, missing: mdat.size - 50 })
  })
})

describe('boxes that are wrong', () => {
  it('name the box that a fragment lacks', () => {
    const bytes = segment.slice()
    bytes.set(new TextEncoder().encode('free'), rowOf(treeOf(segment), 'tfdt').offset + 4)
    expect(rowOf(treeOf(bytes), 'traf').fault).toBe('traf has no tfdt')
    const missing = treeOf(segment, [
      [rowOf(treeOf(segment), 'tfdt').offset, rowOf(treeOf(segment), 'tfdt').offset + 8],
    ])
    expect(rowOf(missing, 'traf').fault, 'it may have been there').toBeNull()
  })

  it('are none where later fragments of a segment go on from the first', () => {
    const { offset, size } = rowOf(treeOf(segment), 'moof')
    const moof = segment.slice(offset, offset + size)
    const without = moof.slice()
    without.set(new TextEncoder().encode('free'), rowOf(treeOf(segment), 'tfdt').offset - offset + 4)
    const faults = (...parts: readonly Uint8Array[]) =>
      treeOf(new Uint8Array(Buffer.concat(parts))).flatMap(({ fault }) => (fault === null ? [] : [fault]))
    expect(faults(moof, without)).toEqual([])
    expect(faults(without, moof)).toEqual(['traf has no tfdt'])
  })

  it('say by how much a box is too long', () => {
    const bytes = segment.slice()
    const { offset, size } = rowOf(treeOf(segment), 'tfdt')
    new DataView(bytes.buffer).setUint32(offset, size + 1000)
    expect(rowOf(treeOf(bytes), 'tfdt').fault).toMatch(/bytes longer than the box around it/)
  })

  it('end in bounded time and length', () => {
    const tiny = new Uint8Array(8 * 20_000)
    for (let at = 0; at < tiny.length; at += 8) tiny.set([0, 0, 0, 8, 0x66, 0x72, 0x65, 0x65], at)
    const nested = new Uint8Array(8 * 200)
    for (let at = 0; at < nested.length; at += 8) {
      new DataView(nested.buffer).setUint32(at, nested.length - at)
      nested.set(new TextEncoder().encode('moov'), at + 4)
    }
    expect(readBoxTree(tiny.subarray(0, 8 * 5000), [], null)).toMatchObject({ more: true })
    expect(readBoxTree(nested, [], null).rows.length).toBeLessThan(30)
  })
})

it('recognises boxes by what arrived', () => {
  expect(looksLikeBoxFile(segment, [])).toBe(true)
  expect(looksLikeBoxFile(received(segment, [[0, 30]]), [[0, 30]])).toBe(true)
  expect(looksLikeBoxFile(new TextEncoder().encode('<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'), [])).toBe(false)
  expect(looksLikeBoxFile(new Uint8Array(5), [])).toBe(false)
})
