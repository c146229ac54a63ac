import { describe, expect, it } from 'vitest'
import type { RelayRequest } from '../../../core/contract/relay-request.ts'
import { PARTS } from '../../testing/parts.ts'
import { layOut } from './graph-layout.ts'
import { draftOfRelay, readEnd, relayRequest, rowsOfEnd, withoutSource } from './relay-form.ts'

const REQUEST: RelayRequest = {
  sources: [
    { name: 'tcp://127.0.0.1:1234', choices: { streamExt: 'avc', socketListen: true, fps: '30000/1001' } },
    { name: 'route://239.255.1.1:6000', choices: { representation: 'lowest' } },
    { name: 'a.aac', choices: {} },
  ],
  destinations: [
    { name: 'out.mp4', choices: { store: 'frag', chunkS: 0.5 }, from: [0, 2] },
    { name: 'udp://239.255.1.2:1234', choices: { streamExt: 'ts', socketTtl: 1 }, from: [1] },
  ],
}

describe('the form of a relay', () => {
  it('asks for what it was filled with', () => {
    expect(relayRequest(PARTS, draftOfRelay(PARTS, REQUEST))).toEqual(REQUEST)
  })

  it('has the options of the parts that an address opens', () => {
    const keys = (side: 'source' | 'destination', name: string) => rowsOfEnd(PARTS, side, name).map(({ key }) => key)
    expect(keys('source', 'udp://h:1')).toEqual(expect.arrayContaining(['timeoutMs', 'reorderPackets', 'fps']))
    expect(keys('source', 'atsc://')).toEqual(expect.arrayContaining(['services', 'interfaces', 'representation']))
    expect(keys('source', 'x.pcap')).toEqual(expect.arrayContaining(['loop', 'representation']))
    expect(keys('source', 'x.mp4')).toEqual(expect.arrayContaining(['ext', 'realTime']))
    expect(keys('destination', 'tcp://h:1')).toEqual(expect.arrayContaining(['rateBps', 'listen', 'store']))
    expect(keys('destination', 'x.ts')).toEqual(expect.arrayContaining(['ext', 'chunkS']))
    expect([keys('source', 'http://h/x'), keys('destination', 'atsc://'), keys('source', '')]).toEqual([[], [], []])
  })

  it('asks for nothing while an end is empty or wrong, or joined to nothing', () => {
    const draft = draftOfRelay(PARTS, REQUEST)
    const [first, ...rest] = draft.destinations
    if (first === undefined) throw new Error('no destination')
    expect(relayRequest(PARTS, { ...draft, sources: [{ name: ' ', drafts: {} }] })).toBeNull()
    expect(relayRequest(PARTS, { ...draft, destinations: [{ ...first, without: [0, 1, 2] }, ...rest] })).toBeNull()
    const wrong = { name: 'udp://h:1', drafts: { socketTimeout: 'soon' } }
    expect([...readEnd(PARTS, 'source', wrong).problems.keys()]).toEqual(['socketTimeout'])
    expect(relayRequest(PARTS, { ...draft, sources: [wrong] })).toBeNull()
  })

  it('keeps what is joined when a source before it is removed', () => {
    const left = withoutSource(draftOfRelay(PARTS, REQUEST), 0)
    expect(relayRequest(PARTS, left)?.destinations.map(({ from }) => from)).toEqual([[1], [0]])
  })
})

describe('the layout of a graph', () => {
  const part = (id: string) => ({ id, kind: id, title: id, subject: '', implied: false })
  const placed = (ids: string, ...links: readonly string[]) => {
    const { places, columns, rows } = layOut(
      [...ids].map(part),
      links.map(([from = '', to = '']) => ({ from, to })),
    )
    return { at: Object.fromEntries([...places].map(([id, { column, row }]) => [id, [column, row]])), columns, rows }
  }

  it('goes from the sources to the sinks', () => {
    expect(placed('abc', 'ab', 'bc')).toEqual({ at: { a: [0, 0], b: [1, 0], c: [2, 0] }, columns: 3, rows: 1 })
  })

  it('places what joins several between them, and what is beside below', () => {
    expect(placed('abcdef', 'ac', 'bd', 'ce', 'de')).toEqual({
      at: { a: [0, 0], b: [0, 1], c: [1, 0], d: [1, 1], e: [2, 0.5], f: [0, 2] },
      columns: 3,
      rows: 3,
    })
  })

  it('is empty where nothing runs', () => {
    expect(placed('')).toEqual({ at: {}, columns: 1, rows: 1 })
  })
})
