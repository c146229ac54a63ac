import { describe, expect, it } from 'vitest'
import { OBJECT_ROW, OBJECT_ROW_BYTES } from '../../core/contract/object-batch.ts'
import { OBJECT_STATE } from '../../core/contract/object-table.ts'
import { NO_CHANNEL, ObjectColumns } from './object-columns.ts'

function pack(
  rows: readonly { index: number; firstUs?: number; lastUs?: number; received?: number; state?: number }[],
) {
  const bytes = new Uint8Array(rows.length * OBJECT_ROW_BYTES)
  const view = new DataView(bytes.buffer)
  rows.forEach((row, position) => {
    const at = position * OBJECT_ROW_BYTES
    view.setUint32(at + OBJECT_ROW.index, row.index, true)
    view.setUint32(at + OBJECT_ROW.channel, 7, true)
    view.setFloat64(at + OBJECT_ROW.firstTimeUs, row.firstUs ?? 0, true)
    view.setFloat64(at + OBJECT_ROW.lastTimeUs, row.lastUs ?? row.firstUs ?? 0, true)
    view.setFloat64(at + OBJECT_ROW.size, -1, true)
    view.setFloat64(at + OBJECT_ROW.received, row.received ?? 0, true)
    view.setFloat64(at + OBJECT_ROW.toi, 2 ** 40 + row.index, true)
    view.setUint16(at + OBJECT_ROW.state, row.state ?? OBJECT_STATE.receiving, true)
    view.setUint16(at + OBJECT_ROW.codepoint, 8, true)
    view.setUint32(at + OBJECT_ROW.repeats, 3, true)
    view.setFloat64(at + OBJECT_ROW.recovered, row.received === undefined ? 0 : 2, true)
  })
  return bytes
}

const batch = (sessionId: string, rows: Uint8Array, total = 0) => ({ sessionId, rows, total })

describe('object columns', () => {
  it('reads every field of a packed row', () => {
    const columns = new ObjectColumns()
    columns.apply(batch('a', pack([{ index: 0, firstUs: 1_000_000.5, lastUs: 2_000_000, received: 1460, state: 2 }])))
    expect(columns.count).toBe(1)
    expect([
      columns.values.channel[0],
      columns.values.toi[0],
      columns.values.codepoint[0],
      columns.values.repeats[0],
    ]).toEqual([7, 2 ** 40, 8, 3])
    expect([columns.values.firstTimeUs[0], columns.values.lastTimeUs[0]]).toEqual([1_000_000.5, 2_000_000])
    expect([columns.values.size[0], columns.values.received[0], columns.values.state[0]]).toEqual([
      -1,
      1460,
      OBJECT_STATE.partial,
    ])
    expect(columns.values.recovered[0]).toBe(2)
    expect([columns.minUs, columns.maxUs]).toEqual([1_000_000.5, 2_000_000])
  })

  it('reads rows from a view that starts at an odd address', () => {
    const packed = pack([{ index: 0, firstUs: 12 }])
    const shifted = new Uint8Array(packed.byteLength + 3)
    shifted.set(packed, 3)
    const columns = new ObjectColumns()
    columns.apply(batch('a', shifted.subarray(3)))
    expect(columns.values.firstTimeUs[0]).toBe(12)
  })

  it('overwrites a known row and lists it as arrived once', () => {
    const columns = new ObjectColumns()
    columns.apply(batch('a', pack([{ index: 0 }, { index: 1 }])))
    columns.apply(batch('a', pack([{ index: 1, received: 9, state: OBJECT_STATE.complete }, { index: 2 }])))
    expect(columns.values.received[1]).toBe(9)
    expect(columns.values.state[1]).toBe(OBJECT_STATE.complete)
    expect([...columns.arrived.subarray(0, columns.arrivedCount)]).toEqual([0, 1, 2])
  })

  it('grows past its first capacity and keeps its rows', () => {
    const columns = new ObjectColumns()
    columns.apply(batch('a', pack([{ index: 0, firstUs: 5 }])))
    columns.apply(batch('a', pack([{ index: 70_000, firstUs: 6 }]), 70_001))
    expect(columns.count).toBe(70_001)
    expect(columns.values.firstTimeUs[0]).toBe(5)
    expect(columns.values.channel[69_999]).toBe(NO_CHANNEL)
    expect(columns.values.channel[70_000]).toBe(7)
  })

  it('starts over for another session, and calls its listeners', () => {
    const columns = new ObjectColumns()
    let calls = 0
    const stop = columns.subscribe(() => calls++)
    columns.apply(batch('a', pack([{ index: 0, firstUs: 5 }, { index: 1 }])))
    const { generation } = columns
    columns.apply(batch('b', pack([{ index: 0, firstUs: 50 }])))
    expect([columns.count, columns.arrivedCount, columns.minUs]).toEqual([1, 1, 50])
    expect(columns.values.channel[1]).toBe(NO_CHANNEL)
    expect(columns.generation).toBe(generation + 1)
    columns.clear()
    expect([columns.count, columns.sessionId]).toEqual([0, null])
    expect(calls).toBe(3)
    stop()
    columns.apply(batch('c', pack([{ index: 0 }])))
    expect(calls).toBe(3)
  })
})
