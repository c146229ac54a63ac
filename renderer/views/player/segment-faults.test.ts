import { describe, expect, it } from 'vitest'
import { Fillers } from './fillers.ts'
import { type FragmentContext, fragmentLoader } from './hls-fragments.ts'
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
      check.refuses(
        ...(['v', 'video', url(name), bytes] as const),
        placeS === null ? null : { timeS: placeS, by: 'its manifest has it' },
      )
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

describe('the loader of HLS fragments', () => {
  type Frag = NonNullable<FragmentContext['frag']>
  type Request = { readonly frag: Frag; readonly answer: (bytes: Uint8Array) => void }

  /** Requests of a library whose answers the test gives, with what came of them. */
  function loading() {
    const problems: string[] = []
    const done: string[] = []
    const requests = new Map<string, Request>()
    const Base = class {
      load(context: FragmentContext, _config: unknown, callbacks: { onSuccess: (...of: unknown[]) => void }): void {
        const { url, frag } = context
        const answer = (bytes: Uint8Array): void =>
          callbacks.onSuccess({ url, data: bytes.slice().buffer, code: 200 }, {}, context, null)
        if (frag !== undefined) requests.set(url, { frag, answer })
      }
    }
    const options = {
      refused: new Set<string>(),
      without: null,
      onDamage: () => undefined,
      onProblem: ({ message }: PlayerProblem) => problems.push(message),
    }
    const Loader = fragmentLoader(Base as never, options, new Fillers(), () => 'avc1.64001f,mp4a.40.2')
    const ask = (name: string, change: Partial<Frag> = {}): Request => {
      const url = `http://127.0.0.1:1/service1/${name}`
      const frag: Frag = {
        ...{ type: 'main', level: 0, cc: 0, sn: 1, start: 0, duration: 2, encrypted: false },
        initSegment: { url: 'http://127.0.0.1:1/service1/video-init.mp4' },
        ...change,
      }
      const callbacks = {
        onSuccess: () => done.push(name),
        onError: () => done.push(`no ${name}`),
        onTimeout: () => undefined,
      }
      new Loader({}).load({ url, frag, responseType: 'arraybuffer', type: 'fragment' as never }, {} as never, callbacks)
      return requests.get(url) as Request
    }
    const sound = { type: 'audio', initSegment: { url: 'http://127.0.0.1:1/service1/audio-init.mp4' } }
    return { ask, problems, done, sound }
  }

  it('looks at a segment that comes before its initialisation segment by that one', () => {
    const { ask, problems, done } = loading()
    const init = ask('video-init.mp4', { sn: 'initSegment', initSegment: null })
    ask('video-1.m4s').answer(changed(SEGMENT, placeOf(SEGMENT, 'tfhd') + 12, [0, 0, 0, 99]))
    expect(done).toEqual([])
    init.answer(INIT)
    expect(done).toEqual(['video-init.mp4', 'no video-1.m4s'])
    expect(problems).toEqual([
      'video-1.m4s cannot be decoded: it is of track 99, and its initialisation segment has track 1.',
    ])
  })

  it('looks at the boxes of segments without one, and says where a playlist names none', () => {
    const { ask, problems } = loading()
    ask('video-1.m4s').answer(SEGMENT)
    expect(problems).toEqual([])
    ask('video-2.m4s').answer(SEGMENT.subarray(0, MDAT))
    ask('video-3.m4s', { initSegment: null }).answer(SEGMENT)
    ask('video-4.ts', { initSegment: null }).answer(noise)
    expect(problems).toEqual([
      'video-2.m4s cannot be decoded: it has no mdat.',
      'video-3.m4s cannot be decoded: its playlist names no initialisation segment (EXT-X-MAP).',
    ])
  })

  it('says which segments are far from where others have them', () => {
    const far = (bytes: Uint8Array): Uint8Array => changed(bytes, placeOf(bytes, 'tfdt') + 12, [0, 0, 9, 0, 0, 0, 0, 0])
    const { ask, problems, sound } = loading()
    ask('video-init.mp4', { sn: 'initSegment', initSegment: null }).answer(INIT)
    ask('audio-init.mp4', { ...sound, sn: 'initSegment', initSegment: null }).answer(demo('audio-init.mp4'))
    ask('video-1.m4s').answer(SEGMENT)
    ask('audio-1.m4s', sound).answer(demo('audio-1.m4s'))
    ask('video-2.m4s', { sn: 2, start: 2 }).answer(demo('video-2.m4s'))
    expect(problems).toEqual([])
    ask('video-3.m4s', { sn: 3, start: 4 }).answer(far(demo('video-3.m4s')))
    ask('video-4.m4s', { sn: 4, start: 6, cc: 1 }).answer(demo('video-4.m4s'))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^video-3\.m4s begins at \d{6,}(?:\.\d)? s, where video-2\.m4s ends at 4 s\.$/)
    ask('audio-5.m4s', { ...sound, sn: 5, start: 8, cc: 2 }).answer(demo('audio-5.m4s'))
    ask('video-5.m4s', { sn: 5, start: 8, cc: 2 }).answer(far(demo('video-5.m4s')))
    expect(problems).toHaveLength(2)
    expect(problems[1]).toMatch(/^video-5\.m4s begins at .* s, where its playlist and audio-5\.m4s have it at 8 s\.$/)
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
