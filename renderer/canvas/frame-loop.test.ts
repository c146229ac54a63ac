// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { cancelPaint, requestPaint } from './frame-loop.ts'

describe('frame loop', () => {
  let frames: (() => void)[] = []
  let hidden = false

  beforeEach(() => {
    frames = []
    hidden = false
    vi.stubGlobal('requestAnimationFrame', (run: () => void) => frames.push(run))
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  })

  const nextFrame = () => frames.splice(0).forEach((run) => void run())

  it('paints all canvases once, in the same frame', () => {
    const one = vi.fn()
    const two = vi.fn()
    requestPaint(one)
    requestPaint(one)
    requestPaint(two)
    expect(frames).toHaveLength(1)
    nextFrame()
    expect([one.mock.calls.length, two.mock.calls.length]).toEqual([1, 1])
    expect(frames).toHaveLength(0)
  })

  it('requests no frame while the window is hidden, and paints once it is visible', () => {
    const paint = vi.fn()
    hidden = true
    requestPaint(paint)
    expect(frames).toHaveLength(0)
    hidden = false
    document.dispatchEvent(new Event('visibilitychange'))
    nextFrame()
    expect(paint).toHaveBeenCalledOnce()
  })

  it('does not run a cancelled paint', () => {
    const paint = vi.fn()
    requestPaint(paint)
    cancelPaint(paint)
    nextFrame()
    expect(paint).not.toHaveBeenCalled()
  })
})
