// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Playback, type PlaybackState } from './playback.ts'
import type { PlayerAdapter, PlayerOptions, PlayerProblem, PlayerSnapshot } from './player-adapter.ts'

const made = vi.hoisted(() => ({ options: [] as PlayerOptions[], snapshot: null as PlayerSnapshot | null, ended: 0 }))
const adapter = async (options: PlayerOptions): Promise<PlayerAdapter> => {
  made.options.push(options)
  return {
    snapshot: () => made.snapshot as PlayerSnapshot,
    seek: () => undefined,
    choose: () => undefined,
    hear: () => undefined,
    caption: () => undefined,
    destroy: () => void made.ended++,
  }
}
vi.mock('./dash-adapter.ts', () => ({ createDashAdapter: (options: PlayerOptions) => adapter(options) }))
vi.mock('./hls-adapter.ts', () => ({ createHlsAdapter: (options: PlayerOptions) => adapter(options) }))

const DECODER: PlayerProblem = { kind: 'decoder', message: 'no decoder took it', tryThis: 'x', fatal: true }

function playing(live: boolean): PlayerSnapshot {
  return {
    ...{ phase: 'playing', timeS: 7.5, startS: 0, endS: 24, live, latencyS: null, targetLatencyS: null, bufferS: 2 },
    ...{ ahead: { video: 2, audio: 2 }, qualities: [], chosen: null, playing: null },
    ...{ sounds: [], sound: null, captions: [], caption: null },
    ...{ decodedFrames: 1, droppedFrames: 0, width: 640, height: 360 },
  }
}

let playback: Playback
let states: PlaybackState[]
/** Problems that end what plays. */
const fatal = (): (PlayerProblem | null)[] =>
  states.map(({ problem }) => problem).filter((each) => each?.fatal === true)

/** Plays until a time is known, then the decoder fails. */
async function play(kind: 'dash' | 'hls', live: boolean): Promise<void> {
  made.snapshot = playing(live)
  const url = 'http://127.0.0.1:8080/service1/m'
  const video = document.createElement('video')
  playback = new Playback(video, { kind, url }, (state) => void states.push(state), vi.fn())
  await vi.waitFor(() => expect(states.at(-1)?.snapshot?.timeS).toBe(7.5))
  made.options[0]?.onProblem(DECODER)
}

beforeEach(() => {
  made.options = []
  made.ended = 0
  states = []
  vi.stubGlobal('fetch', async () => new Response(''))
})

afterEach(() => {
  playback.close()
  vi.unstubAllGlobals()
})

describe('a decoder that fails', () => {
  it('is tried once more by whole segments, from where a finished presentation has come to', async () => {
    await play('dash', false)
    await vi.waitFor(() => expect(made.options).toHaveLength(2))
    expect(made.options.map(({ wholeSegments, startS }) => [wholeSegments, startS])).toEqual([
      [false, null],
      [true, 7.5],
    ])
    expect(made.ended).toBe(1)
    expect(fatal()).toEqual([])
  })

  it('is tried once more at the live edge of what is live', async () => {
    await play('dash', true)
    await vi.waitFor(() => expect(made.options).toHaveLength(2))
    expect(made.options[1]).toMatchObject({ wholeSegments: true, startS: null })
  })

  it('a second time is told, and not what fails in the player before', async () => {
    await play('dash', false)
    await vi.waitFor(() => expect(made.options).toHaveLength(2))
    made.options[0]?.onProblem({ ...DECODER, message: 'of the first player' })
    expect(fatal()).toEqual([])
    made.options[1]?.onProblem({ ...DECODER, message: 'of the second player' })
    expect(fatal()).toMatchObject([{ message: 'of the second player' }])
    expect(made.options).toHaveLength(2)
  })

  it('of one kind of media is no end of the other, which is told once', async () => {
    await play('hls', false)
    expect(fatal()).toEqual([DECODER])
    made.snapshot = { ...playing(false), timeS: 8.5 }
    await vi.waitFor(() => expect(states.at(-1)?.problem).toMatchObject({ kind: 'decoder', fatal: false }))
    const before = states.length
    made.options[0]?.onProblem(DECODER)
    await vi.waitFor(() => expect(states.length).toBeGreaterThan(before))
    expect(states.at(-1)?.problem?.message).toBe('Only a part of it can be decoded here, and plays.')
  })

  it('of HLS is told at once, whose library tries again by itself', async () => {
    await play('hls', false)
    expect(fatal()).toEqual([DECODER])
    expect(made.options).toHaveLength(1)
  })
})
