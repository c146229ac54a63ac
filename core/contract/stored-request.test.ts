import { describe, expect, it } from 'vitest'
import { readStoredRequest, storableRequest } from './stored-request.ts'

const request = (source: string) => ({ sources: [source], choices: {} })

describe('a stored request', () => {
  it('is read as it was stored', () => {
    const stored = storableRequest({
      sources: ['atsc://', 'route://239.1.1.1:6000'],
      choices: { interfaces: ['10.0.0.2'], services: [1, 2], keepCorrupt: true, reorderMs: 20 },
      label: 'atsc://',
    })
    expect(readStoredRequest(JSON.parse(JSON.stringify(stored)))).toEqual(stored)
    expect(readStoredRequest({ ...request('a'), extra: 1 })).toEqual(request('a'))
  })

  it('has no passwords, in sources, choices or label', () => {
    const url = 'http://me:secret@tuner/ch1'
    const stored = storableRequest({ sources: [url], choices: { repairUrls: [url], other: url }, label: url })
    expect(JSON.stringify(stored)).not.toContain('secret')
    expect(stored.sources).toEqual(['http://tuner/ch1'])
  })

  it('is read in the form of earlier versions', () => {
    expect(readStoredRequest({ kind: 'url', value: ' atsc://  route://239.1.1.1:6000', label: 'both' })).toEqual({
      sources: ['atsc://', 'route://239.1.1.1:6000'],
      choices: {},
      label: 'both',
    })
    expect(readStoredRequest({ kind: 'capture', value: '/my captures/a.pcap', label: 'a.pcap' })).toEqual({
      sources: ['/my captures/a.pcap'],
      choices: {},
      label: 'a.pcap',
    })
  })

  it('is refused where a field is wrong or too long', () => {
    expect(readStoredRequest(request('x'.repeat(4096)))).not.toBeNull()
    const wrong = [
      ...[null, 7, 'x', [], {}, { kind: 'shell', value: 'x', label: 'x' }, { kind: 'url', value: '', label: 'x' }],
      ...[request(''), request('x'.repeat(4097)), { sources: [], choices: {} }, { sources: 'a', choices: {} }],
      ...[{ sources: ['a'] }, { sources: ['a'], choices: [] }, { sources: ['a'], choices: { a: {} } }],
      ...[
        { sources: ['a'], choices: { a: [{}] } },
        { sources: ['a'], choices: { a: 'x'.repeat(5000) } },
      ],
      ...[
        { ...request('a'), label: '' },
        { ...request('a'), label: 7 },
        { sources: Array(300).fill('a'), choices: {} },
      ],
    ]
    expect(wrong.filter((one) => readStoredRequest(one) !== null)).toEqual([])
  })
})
