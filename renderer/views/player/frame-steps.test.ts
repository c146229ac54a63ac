import { describe, expect, it } from 'vitest'
import { DamageLog } from './damage-log.ts'
import { FrameSteps, type SteppedVideo, timeCode } from './frame-steps.ts'
import { SegmentLog } from './segment-log.ts'

function stepped() {
  let present: VideoFrameRequestCallback = () => undefined
  const video = {
    currentTime: 0,
    paused: false,
    pause: () => {
      video.paused = true
    },
    requestVideoFrameCallback: (callback: VideoFrameRequestCallback) => {
      present = callback
      return 1
    },
    cancelVideoFrameCallback: () => undefined,
    droppedVideoFrames: 0,
    getVideoPlaybackQuality: () => ({ droppedVideoFrames: video.droppedVideoFrames }) as VideoPlaybackQuality,
    seeks: new EventTarget(),
    addEventListener: (type: string, listener: EventListener) => video.seeks.addEventListener(type, listener),
    removeEventListener: (type: string, listener: EventListener) => video.seeks.removeEventListener(type, listener),
  }
  let presentedFrames = 0
  const show = (mediaTime: number, frames = 1) => {
    presentedFrames += frames
    present(0, { mediaTime, presentedFrames } as VideoFrameCallbackMetadata)
  }
  return { video, show, steps: new FrameSteps(video as unknown as SteppedVideo) }
}

describe('steps from picture to picture', () => {
  it('go to the middle of the next one and of the one before', () => {
    const { video, show, steps } = stepped()
    for (const mediaTime of [2, 2.02, 2.04]) show(mediaTime)
    show(3, 25)
    expect(steps.frameS).toBeCloseTo(0.02)
    steps.step(1)
    expect([video.paused, steps.stepping]).toEqual([true, true])
    expect(video.currentTime).toBeCloseTo(3.03)
    show(3.02)
    steps.step(-1)
    expect(video.currentTime).toBeCloseTo(3.01)
    video.paused = false
    show(3.04)
    video.paused = true
    expect(steps.stepping).toBe(false)
  })

  it('take no duration from what was sought, paused or dropped between two pictures', () => {
    const { video, show, steps } = stepped()
    show(2)
    video.seeks.dispatchEvent(new Event('seeking'))
    show(2.5)
    video.paused = true
    show(2.9)
    video.paused = false
    show(3)
    video.droppedVideoFrames = 1
    show(3.03)
    expect(steps.frameS).toBe(1 / 25)
    show(3.05)
    expect(steps.frameS).toBeCloseTo(0.02)
  })

  it('stop at the beginning, and know a usual duration before any was measured', () => {
    const { video, steps } = stepped()
    expect(steps.shownS).toBeNull()
    steps.step(-1)
    expect(video.currentTime).toBe(0)
    steps.step(1)
    expect(video.currentTime).toBeCloseTo(0.06)
  })
})

it.each([
  [0, 0.04, '0:00:00:00'],
  [1.96, 0.04, '0:00:01:24'],
  [1.9999, 0.04, '0:00:02:00'],
  [3723.5, 0.02, '1:02:03:25'],
  [59.99, 1001 / 60000, '0:00:59:59'],
  [-1, 0.04, '0:00:00:00'],
])('%d s in pictures of %d s is %s', (seconds, frameS, text) => {
  expect(timeCode(seconds, frameS)).toBe(text)
})

it('a time leads to the newest object that has it', () => {
  const log = new SegmentLog()
  const at = 'http://127.0.0.1:1/x/service5004/'
  log.add(0, 2, `${at}v/1%20a.m4s?x=1`)
  log.add(2, 2, `${at}~decoded~hvc1,ac-4/v/2.m4s`)
  log.add(3, 2, `${at}%ff.m4s`)
  log.add(Number.NaN, 2, `${at}none`)
  log.add(8, 2, 'http://127.0.0.1:1/elsewhere')
  expect([0, 1.9, 2, 3.5, 6, 9].map((timeS) => log.at(timeS))).toEqual([
    'v/1 a.m4s',
    'v/1 a.m4s',
    'v/2.m4s',
    '%ff.m4s',
    null,
    null,
  ])
})

it('damaged neighbours are one range, and the nearest one is found', () => {
  const log = new DamageLog()
  expect(log.near(0)).toBeNull()
  const at = 'http://127.0.0.1:1/x/service5004/'
  log.add(Number.NaN, 2, `${at}none`)
  log.add(12, 2, `${at}v/7.m4s`)
  log.add(4.01, 2, `${at}v/3.m4s`)
  log.add(2, 2, `${at}v/2.m4s`)
  log.add(2, 2, `${at}v/2.m4s`)
  const first = { startS: 2, endS: 6.01, names: ['v/2.m4s', 'v/3.m4s'] }
  const second = { startS: 12, endS: 14, names: ['v/7.m4s'] }
  expect([0, 5, 9, 10, 13, 30].map((timeS) => log.near(timeS))).toEqual([first, first, first, second, second, second])
})
