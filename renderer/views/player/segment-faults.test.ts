import { describe, expect, it } from 'vitest'
import type { PlayerProblem } from './player-adapter.ts'
import { SegmentCheck } from './segment-check.ts'
import { initFault, segmentFault, segmentForm } from './segment-faults.ts'
import { decoderFailure, Undecodable } from './undecodable.ts'

const FILES = import.meta.glob<string>('../../../assets/demo/presentation/*.{mp4,m4s}', {
  query: '?url&inline',
  import: 'default',
  eager: true,
})
/** A file of the demo, which the test runner gives as a data URL. */
const demo = (name: string): Uint8Array => {
  const [, base64 = ''] = FILES[`../../../assets/demo/presentation/${name}`]?.split(',') ?? []
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))
}
const INIT = demo('video-init.mp4')
const SEGMENT = demo('video-1.m4s')
const FORM = segmentForm(INIT)
const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
const placeOf = (bytes: Uint8Array, type: string): number => latin1(bytes).indexOf(type) - 4
const changed = (bytes: Uint8Array, from: number, values: readonly number[]): Uint8Array => {
  const copy = bytes.slice()
  copy.set(values, from)
  return copy
}
const renamed = (bytes: Uint8Array, type: string): Uint8Array =>
  changed(
    bytes,
    placeOf(bytes, type) + 4,
    [...type.toUpperCase()].map((letter) => letter.charCodeAt(0)),
  )
const noise = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7 + 130) & 255)
const MDAT = placeOf(SEGMENT, 'mdat')

describe('a media segment', () => {
  it('of the demo has no fault', () => {
    for (const kind of ['video', 'audio']) {
      const form = segmentForm(demo(`${kind}-init.mp4`))
      expect(initFault(demo(`${kind}-init.mp4`))).toBeNull()
      for (let at = 1; at <= 12; at++) expect(segmentFault(demo(`${kind}-${at}.m4s`), form)).toBeNull()
    }
  })

  it.each([
    ['empty', new Uint8Array(0), 'it is empty'],
    ['noise', noise, 'there is no box of a segment at byte 0 (82 89 90 97 9e a5 ac b3)'],
    [
      'a box of another type',
      renamed(SEGMENT, 'moof'),
      `there is no box of a segment at byte ${placeOf(SEGMENT, 'moof')} ("MOOF")`,
    ],
    [
      'cut short',
      SEGMENT.subarray(0, MDAT + 100),
      `its mdat at byte ${MDAT} claims ${SEGMENT.length - MDAT} bytes, of which 100 are there`,
    ],
    ['without mdat', SEGMENT.subarray(0, MDAT), 'it has no mdat'],
    [
      'without tfdt',
      renamed(SEGMENT, 'tfdt'),
      `its traf at byte ${placeOf(SEGMENT, 'traf')} has no decode time (tfdt)`,
    ],
    ['without trun', renamed(SEGMENT, 'trun'), `its traf at byte ${placeOf(SEGMENT, 'traf')} has no trun`],
    [
      'of another track',
      changed(SEGMENT, placeOf(SEGMENT, 'tfhd') + 12, [0, 0, 0, 99]),
      'it is of track 99, and its initialisation segment has track 1',
    ],
    [
      'with a sample of noise',
      changed(SEGMENT, MDAT + 8, [0x7f, 1, 2, 3]),
      `the NAL unit at byte ${MDAT + 8} is longer than its sample`,
    ],
  ])('that is %s names its fault', (_, bytes, fault) => {
    expect(segmentFault(bytes, FORM)).toBe(fault)
  })

  it.each([
    ['noise', noise, 'there is no box of a segment at byte 0 (82 89 90 97 9e a5 ac b3)'],
    ['without moov', SEGMENT, 'it has no moov'],
    ['without mvex', renamed(INIT, 'mvex'), 'its moov has no mvex'],
    ['without avcC', renamed(INIT, 'avcC'), 'its avc1 has no avcC'],
  ])('has an initialisation segment that is %s', (_, bytes, fault) => {
    expect(initFault(bytes)).toBe(fault)
  })
})

describe('the check of segments', () => {
  const url = (name: string): string => `http://127.0.0.1:1/service1/${name}`

  it('tells what is refused, and of three bad ones before any good one that no other is waited for', () => {
    const problems: PlayerProblem[] = []
    const check = new SegmentCheck({ refused: new Set(['a/video-9.m4s']), onProblem: (one) => problems.push(one) })
    check.init('v', 'video', url('i.mp4'), INIT)
    const refuses = (name: string, bytes: Uint8Array, placeS: number | null = null): boolean =>
      check.refuses('v', 'video', url(name), bytes, placeS)
    expect([1, 2, 3].map((at) => refuses(`video-${at}.m4s`, noise))).toEqual([true, true, true])
    expect(problems.map(({ undecodable }) => undecodable?.all)).toEqual([false, false, true])
    expect(problems[0]?.message).toMatch(/^video-1\.m4s cannot be decoded: there is no box/)
    expect(refuses('a/video-9.m4s', SEGMENT)).toBe(true)
    expect(refuses('video-4.m4s', SEGMENT, 0)).toBe(false)
    expect(problems).toHaveLength(3)
    // The decode time of tfdt, version 1, is −256.
    const early = changed(SEGMENT, placeOf(SEGMENT, 'tfdt') + 12, [255, 255, 255, 255, 255, 255, 255, 0])
    expect(SEGMENT[placeOf(SEGMENT, 'tfdt') + 8]).toBe(1)
    expect(refuses('video-4.m4s', early, 0)).toBe(false)
    expect(problems).toHaveLength(3)
    expect(refuses('video-5.m4s', SEGMENT, 1000)).toBe(false)
    expect(problems[3]?.message).toBe('video-5.m4s begins at 0 s, where its manifest has it at 1000 s.')
  })

  it('leaves what is no ISO media to the browser', () => {
    const check = new SegmentCheck({ refused: new Set(), onProblem: () => expect.unreachable() })
    expect(check.refuses('v', 'video', url('a.ts'), noise, null)).toBe(false)
  })
})

describe('a decoder that failed', () => {
  it('is known by the kind and the time in its words', () => {
    const words = 'PIPELINE_ERROR_DECODE: Failed to send audio packet for decoding: {timestamp=4021333 duration=21333}'
    expect(decoderFailure(words)).toEqual({ kind: 'audio', timeS: 4.021333 })
    expect(decoderFailure('CHUNK_DEMUXER_ERROR_APPEND_FAILED')).toBeNull()
  })

  it('is not tried with others after three failures close to each other', () => {
    const undecodable = new Undecodable()
    const fails = (timeS: number) => undecodable.failed({ kind: 'audio', timeS }, `${timeS}`)
    expect([0, 2, 40, 42, 44].map(fails)).toEqual([false, false, false, false, true])
    expect(undecodable.add('audio', 'first')).toBe(true)
    expect(undecodable.add('audio', 'second')).toBe(false)
    expect([undecodable.sentence('audio'), undecodable.sentence('video'), undecodable.sentence()]).toEqual([
      'first',
      null,
      'first',
    ])
  })
})
