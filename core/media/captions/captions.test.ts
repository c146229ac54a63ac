import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { CaptionTrack } from '../../contract/captions.ts'
import {
  CAPTION_WORDS,
  captionedSegment,
  captionSei,
  demoCaptions,
  dtvcc,
  field,
  pairsOf,
  type Triplet,
} from '../../testing/captioned-media.ts'
import { demoFile } from '../../testing/fuzz/samples.ts'
import { readStream, writeStream } from '../../testing/media-streams.ts'
import { decodeCaptions } from './caption-decoder.ts'
import { readCaptionPictures } from './caption-pictures.ts'
import { eachTriplet } from './cc-data.ts'

/* Captions of CTA-608-E and CTA-708-E within pictures. */

/** Cues of triplets, of which a picture of 25 per second has two. */
function shown(triplets: readonly Triplet[], pictures = 1000): CaptionTrack[] {
  const list = Array.from({ length: pictures }, (_, at) => ({
    timeS: at / 25,
    triplets: Uint8Array.from(triplets.slice(2 * at, 2 * at + 2).flat()),
  }))
  return decodeCaptions(list, pictures / 25)
}

/** Rows of the last cue of a track, as words. */
function rows(tracks: readonly CaptionTrack[], id: string): string[] | undefined {
  return tracks
    .find((track) => track.id === id)
    ?.cues.at(-1)
    ?.lines.map(({ runs }) => runs.map(({ text }) => text).join(''))
}

describe('cc_data in SEI', () => {
  const triplet = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(255), fc.nat(255))

  it.each(['avc', 'hevc'] as const)('of %s gives back every triplet, through emulation prevention', (codec) => {
    fc.assert(
      fc.property(fc.array(triplet, { maxLength: 31 }), (triplets) => {
        const nal = captionSei(codec, triplets)
        const read: Triplet[] = []
        eachTriplet(nal, 0, nal.length, codec, (...one) => read.push(one))
        expect(read).toEqual(triplets)
        // Cut anywhere, what is there is a part of it.
        for (let end = 0; end < nal.length; end++) {
          const part: Triplet[] = []
          eachTriplet(nal, 0, end, codec, (...one) => part.push(one))
          expect(part).toEqual(triplets.slice(0, part.length))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('is read behind another message, and not where process_cc_data_flag or cc_valid is missing', () => {
    const count = (hex: string): number => {
      let found = 0
      const nal = Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
      eachTriplet(nal, 0, nal.length, 'avc', () => void found++)
      return found
    }
    expect(count('06 01 01 00 04 0e b5 0031 47413934 03 41 ff fc 9420 ff 80')).toBe(1)
    expect(count('06 04 0e b5 0031 47413934 03 01 ff fc 9420 ff 80')).toBe(0)
    expect(count('06 04 0e b5 0031 47413934 03 41 ff f8 9420 ff 80')).toBe(0)
    expect(count('06 04 0e b5 0031 44544731 03 41 ff fc 9420 ff 80')).toBe(0)
    expect(count('67 04 0e b5 0031 47413934 03 41 ff fc 9420 ff 80')).toBe(0)
  })
})

describe('CTA-608-E', () => {
  const RCL = [0x14, 0x20] as const
  const EOC = [0x14, 0x2f] as const
  const EDM = [0x14, 0x2c] as const

  it('shows pop-on captions at their end, with place, colour and style', () => {
    const [track] = shown([
      // Row 14, indent 8; tab 2; words; yellow italics in the next row.
      ...field(0, RCL, [0x14, 0x54], [0x17, 0x22], ...pairsOf('HELLO')),
      ...field(0, [0x14, 0x6a], ...pairsOf('AB'), [0x11, 0x2f], ...pairsOf('CD'), EOC),
      ...field(0, ...Array.from({ length: 40 }, () => [0, 0] as const), EDM),
    ])
    expect(track?.id).toBe('CC1')
    const [cue, ...others] = track?.cues ?? []
    expect(others).toEqual([])
    expect(cue?.lines.map(({ top, left }) => [top, left])).toEqual([
      [0.1 + (0.8 * 13) / 15, 0.1 + (0.8 * 10) / 32],
      [0.1 + (0.8 * 14) / 15, 0.1],
    ])
    const plain = { italic: false, underline: false }
    expect(cue?.lines.map(({ runs }) => runs)).toEqual([
      [{ text: 'HELLO', colour: 'white', ...plain }],
      [
        { text: 'AB', colour: 'yellow', ...plain },
        { text: ' CD', colour: 'yellow', italic: true, underline: true },
      ],
    ])
    // From the picture of its EOC to that of EDM: 45 triplets, of which the first of each control code counts.
    expect((cue?.endS ?? 0) - (cue?.startS ?? 0)).toBeCloseTo(42 / 50, 1)
  })

  it('rolls up, moves with a preamble, and takes special and extended characters', () => {
    const roll = shown([
      ...field(0, [0x14, 0x26], [0x14, 0x2d], ...pairsOf('ONE'), [0x14, 0x2d], ...pairsOf('TWO')),
      ...field(0, [0x14, 0x2d], ...pairsOf('CAFe'), [0x12, 0x21], [0x11, 0x37], [0x14, 0x2d], ...pairsOf('FOUR')),
    ])
    expect(rows(roll, 'CC1')).toEqual(['TWO', 'CAFÉ♪', 'FOUR'])
    const moved = shown(field(0, [0x14, 0x25], ...pairsOf('ONE'), [0x11, 0x40]))
    expect(moved[0]?.cues.at(-1)?.lines[0]?.top).toBeCloseTo(0.1 + 0.8 / 15)
  })

  it('keeps channels and fields apart, takes doubled control codes once, and passes over XDS', () => {
    const backspace = [0x15, 0x29] as const
    const tracks = shown([
      ...field(0, [0x14, 0x29], [0x14, 0x60], ...pairsOf('FIRST'), [0x1c, 0x29], [0x1c, 0x60], ...pairsOf('SECOND')),
      ...field(
        1,
        backspace,
        [0x15, 0x60],
        ...pairsOf('THIRD'),
        [0x15, 0x21],
        [0x01, 0x03],
        ...pairsOf('XDS'),
        [0x0f, 0x1d],
      ),
    ])
    expect(tracks.map(({ id }) => [id, rows(tracks, id)])).toEqual([
      ['CC1', ['FIRST']],
      ['CC2', ['SECOND']],
      ['CC3', ['THIR']],
    ])
  })

  it('shows a block for a character of wrong parity, and nothing of text mode', () => {
    const bad = shown([...field(0, [0x14, 0x29], [0x14, 0x60], ...pairsOf('AB')), [0, 0x41, 0xc2], [0, 0x80, 0x80]])
    expect(rows(bad, 'CC1')).toEqual(['AB█B'])
    expect(shown(field(0, [0x14, 0x2a], ...pairsOf('TELETEXT')))).toEqual([])
  })

  it('erases what nothing has changed for 16 s', () => {
    const [track] = shown(field(0, RCL, [0x14, 0x60], ...pairsOf('OLD'), EOC))
    const [cue] = track?.cues ?? []
    expect((cue?.endS ?? 0) - (cue?.startS ?? 0)).toBeCloseTo(16)
  })
})

describe('CTA-708-E', () => {
  const words = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0))
  const define = (id: number, flags: number, ...rest: readonly number[]): number[] => [0x98 + id, flags, ...rest]

  it('shows windows with their place, colour and style, and removes them', () => {
    const tracks = shown([
      ...dtvcc(0, 1, [...define(0, 0x20, 37, 105, 0x41, 31, 0x09), 0x91, 0x3c, 0, 0, 0x90, 0, 0xc0, ...words('Ab')]),
      ...dtvcc(1, 1, [0x0d, 0x91, 0x0c, 0, 0, 0x10, 0x25, 0x7f, 0xe9]),
      ...Array.from({ length: 50 }, () => [0, 0x80, 0x80] as const),
      ...dtvcc(2, 1, [0x8c, 0xff]),
    ])
    expect(tracks.map(({ id }) => id)).toEqual(['S1'])
    const cue = tracks[0]?.cues.at(-1)
    // Anchored by its middle, in the middle: two rows of a fifteenth of the safe area.
    expect(cue?.lines.map(({ top }) => Number(top.toFixed(3)))).toEqual([0.441, 0.495])
    expect(cue?.lines.map(({ runs }) => runs)).toEqual([
      [{ text: 'Ab', colour: 'yellow', italic: true, underline: true }],
      [{ text: '…♪é', colour: 'lime', italic: true, underline: true }],
    ])
    expect(cue?.endS).toBeLessThan(2)
  })

  it('hides, shows, toggles and clears windows, and scrolls at the last row', () => {
    const window = define(2, 0, 10, 10, 0x01, 31, 0x09)
    const of = (...commands: readonly number[]) =>
      rows(shown(dtvcc(0, 3, [...window, ...words('A\rB\rC'), ...commands])), 'S3')
    expect(of()).toBeUndefined()
    expect(of(0x89, 4)).toEqual(['B', 'C'])
    expect(of(0x8b, 4)).toEqual(['B', 'C'])
    expect(of(0x89, 4, 0x92, 1, 5, ...words('D'))).toEqual(['B', 'C    D'])
    expect(of(0x89, 4, 0x08, ...words('E'))).toEqual(['B', 'E'])
    expect(of(0x88, 4, 0x89, 4)).toBeUndefined()
    expect(of(0x89, 4, 0x97, 0, 0, 2, 0)).toEqual(['B', 'C'])
  })

  it('takes a command that is split between blocks, and an extended service number', () => {
    const window = define(0, 0x20, 10, 10, 0x00, 31, 0x09)
    const split = shown([...dtvcc(0, 1, window.slice(0, 3)), ...dtvcc(1, 1, [...window.slice(3), ...words('Whole')])])
    expect(rows(split, 'S1')).toEqual(['Whole'])
    // The byte with the number is no part of the block.
    const block = [...window, ...words('Far')]
    const bytes = [0xe0 | block.length, 9, ...block]
    const size = Math.ceil((bytes.length + 1) / 2)
    const packet = [size, ...bytes, 0]
    const far = shown(
      Array.from(
        { length: size },
        (_, at): Triplet => [at === 0 ? 3 : 2, packet[2 * at] ?? 0, packet[2 * at + 1] ?? 0],
      ),
    )
    expect(rows(far, 'S9')).toEqual(['Far'])
  })

  it('begins again where a packet is missing', () => {
    const window = define(0, 0x20, 10, 10, 0x00, 31, 0x09)
    const tracks = shown([...dtvcc(0, 1, [...window, ...words('Old')]), ...dtvcc(2, 1, words(' more'))], 50)
    const [cue, ...others] = tracks[0]?.cues ?? []
    expect([cue?.lines.length, others]).toEqual([1, []])
    expect(cue?.endS).toBeLessThan(1)
  })
})

describe('captions of a segment', () => {
  const init = demoFile('video-init.mp4')
  const captioned = captionedSegment(init, demoFile('video-1.m4s'), 'avc', demoCaptions(1))

  test.each([
    ['MP4', init, captioned],
    ['MPEG-2 TS', null, writeStream('ts', readStream('mp4', new Uint8Array(Buffer.concat([init, captioned]))))],
  ] as const)('of %s are read in order of presentation', (_, own, media) => {
    const segment = readCaptionPictures(own, media)
    expect(segment?.pictures).toHaveLength(50)
    expect((segment?.endS ?? 0) - (segment?.startS ?? 0)).toBeCloseTo(2, 1)
    const tracks = decodeCaptions(segment?.pictures ?? [], segment?.endS ?? 0)
    expect(rows(tracks, 'CC1')).toEqual([CAPTION_WORDS.cc1])
    expect(rows(tracks, 'S1')).toEqual([CAPTION_WORDS.service1])
  })

  it('are none where there are no pictures or no captions', () => {
    expect(readCaptionPictures(demoFile('audio-init.mp4'), demoFile('audio-1.m4s'))).toBeNull()
    expect(readCaptionPictures(null, demoFile('video-1.m4s'))).toBeNull()
    expect(readCaptionPictures(init, demoFile('video-1.m4s'))?.pictures).toEqual([])
  })

  it('of random triplets throw nothing and stay within the picture', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(255), fc.nat(255)), { maxLength: 400 }), (triplets) => {
        for (const { cues } of shown(triplets, 220)) {
          for (const { startS, endS, lines } of cues) {
            expect(endS).toBeGreaterThan(startS)
            for (const { top, left } of lines) expect(Math.min(top, left, 1 - top, 1 - left)).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 100 },
    )
  })
})
