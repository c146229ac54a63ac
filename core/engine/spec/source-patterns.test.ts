import { describe, expect, it } from 'vitest'
import { openerOf, sourcesLabel } from '../../contract/source-patterns.ts'
import { PART_DESCRIPTIONS } from '../registry.ts'

const opened = (text: string) => {
  const opener = openerOf(PART_DESCRIPTIONS, text)
  return opener === null ? null : `${opener.part.kind} ${opener.pattern.group}`
}

describe('a source', () => {
  it('is opened by the part whose pattern fits', () => {
    expect(['-', 'stdin:/x', 'pipe:/x', 'http://tuner/ch1'].map(opened)).toEqual(Array(4).fill('capture-stream Listen'))
    expect(['atsc://', 'route://239.1.1.1:6000', 'other://x'].map(opened)).toEqual(Array(3).fill('multicast Listen'))
    expect(opened('interface:eth1')).toBe('interface Listen')
    expect(['/a/b.pcap', '-x.pcap', 'demo', 'C:\\a.pcap'].map(opened)).toEqual(Array(4).fill('capture Open'))
    expect(opened('demo:')).toBe('presentation Demo')
  })

  it('is shown by the name of a file, by its label, or by its text', () => {
    const label = (...sources: string[]) => sourcesLabel(PART_DESCRIPTIONS, sources)
    expect(label('C:\\captures\\a.pcap')).toBe('a.pcap')
    expect(label('/x/a.pcap', '/x/b.pcap', '/x/c.pcap')).toBe('a.pcap and 2 more')
    expect(label('atsc://', 'http://me:secret@tuner/ch1')).toBe('atsc:// http://tuner/ch1')
    expect(label('demo:')).toBe('Demo')
    expect(label('-')).toBe('standard input')
    expect(label('stdin:/tmp/routescope-stdin-1/stdin')).toBe('standard input')
  })
})
