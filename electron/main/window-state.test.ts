import { describe, expect, test } from 'vitest'
import { restoredWindowState } from './window-state.ts'

const laptop = { x: 0, y: 24, width: 1920, height: 1056 }
const wall = { x: 1920, y: 0, width: 3840, height: 2160 }
const state = { x: 100, y: 60, width: 1200, height: 800, maximized: false }

describe('restoredWindowState', () => {
  test('returns the stored state, on any display', () => {
    expect(restoredWindowState(state, [laptop])).toEqual(state)
    expect(restoredWindowState({ ...state, x: 4000 }, [laptop, wall])).toEqual({ ...state, x: 4000 })
  })

  test('centres a window whose display was removed or whose title bar is out of reach', () => {
    const centred = { x: 240, y: 102, width: 1440, height: 900, maximized: false }
    expect(restoredWindowState({ ...state, x: 4000 }, [laptop])).toEqual(centred)
    expect(restoredWindowState({ ...state, y: -500 }, [laptop])).toEqual(centred)
    expect(restoredWindowState({ ...state, x: -1150 }, [laptop])).toEqual(centred)
  })

  test('ignores a broken file', () => {
    for (const broken of [null, 'x', {}, { ...state, width: 10 }, { ...state, x: '1' }, { ...state, y: 0.5 }]) {
      expect(restoredWindowState(broken, [laptop]).width).toBe(1440)
    }
  })

  test('is never smaller than the panels need', () => {
    const tiny = restoredWindowState(null, [{ x: 0, y: 0, width: 800, height: 600 }])
    expect([tiny.width, tiny.height, tiny.x, tiny.y]).toEqual([1024, 640, 0, 0])
  })
})
