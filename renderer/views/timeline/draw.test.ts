// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import type { Palette } from '../../canvas/palette.ts'
import { type Bar, channel, columnsOf, service } from '../../testing/snapshot-rows.ts'
import { barBox, drawLanes, drawOverlay } from './draw.ts'
import { LaneIndex } from './lane-index.ts'
import { GROUP_HEIGHT, layoutLanes, RULER_HEIGHT } from './lanes.ts'
import { buildScene, Scene } from './scene.ts'

type Call = {
  readonly name: string
  readonly args: readonly unknown[]
  readonly fill: unknown
  readonly stroke: unknown
}

/** A context that records calls with their colours. */
function notingPen(): { pen: CanvasRenderingContext2D; calls: Call[] } {
  const calls: Call[] = []
  const state: Record<string, unknown> = {}
  const pen = new Proxy(state, {
    get: (target, name: string) =>
      name in target
        ? target[name]
        : (...args: unknown[]) => {
            calls.push({ name, args, fill: target.fillStyle, stroke: target.strokeStyle })
            if (name === 'measureText') return { width: 60 }
            return name === 'createPattern' ? 'hatch' : undefined
          },
    set: (target, name: string, value) => {
      target[name] = value
      return true
    },
  })
  return { pen: pen as unknown as CanvasRenderingContext2D, calls }
}

const names =
  'surface surfaceRaised surfaceSelected onRole text textQuiet grid gridStrong hairline hole missing truncated warning cursor range accent liveEdge'
const palette = {
  ...Object.fromEntries(names.split(' ').map((name) => [name, name])),
  role: { video: 'video', audio: 'audio', text: 'text', signaling: 'signaling', data: 'data', unknown: 'unknown' },
  repeatAlpha: 0.4,
  font: '11px sans-serif',
} as unknown as Palette

const scale = { fromUs: 0, toUs: 1_000_000, left: 0, width: 1000 }
const barTop = RULER_HEIGHT + GROUP_HEIGHT + barBox(24).top

function picture(bars: readonly Bar[], liveEdgeUs: number | null = null) {
  const columns = columnsOf(bars)
  const index = new LaneIndex(columns)
  index.sync()
  const layout = layoutLanes([service(1)], [channel(0)], [], null)
  const scene = new Scene()
  buildScene(scene, { layout, columns, index, scale, top: 0, bottom: 500 })
  const reading = { base: 'utc', startUs: 0, cursorUs: null } as const
  return { scene, layout, columns, scale, palette, reading, alarms: [], scrollTop: 0, liveEdgeUs }
}

describe('drawing', () => {
  it('fills a complete object in the hue of its role', () => {
    const { pen, calls } = notingPen()
    drawLanes(pen, picture([{ channel: 0, fromUs: 100_000, toUs: 300_000 }]), 1000, 300)
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'fillRect', args: [100, barTop, 199, barBox(24).height], fill: 'video' }),
    )
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'fillText', args: expect.arrayContaining(['TOI 1']), fill: 'onRole' }),
    )
  })

  it('hatches a partial one, with a red edge and its share', () => {
    const { pen, calls } = notingPen()
    drawLanes(
      pen,
      picture([{ channel: 0, fromUs: 100_000, toUs: 300_000, state: 'partial', received: 876 }]),
      1000,
      300,
    )
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'fillRect', args: [297, barTop, 2, 14], fill: 'hole' }),
    )
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'fillText', args: expect.arrayContaining(['▲ 87.6 %']), fill: 'hole' }),
    )
  })

  it('outlines the expected end of an arriving object', () => {
    const { pen, calls } = notingPen()
    const bar = { channel: 0, fromUs: 100_000, toUs: 200_000, state: 'receiving', received: 500 } as const
    drawLanes(pen, picture([bar]), 1000, 300)
    expect(calls).toContainEqual(
      expect.objectContaining({ name: 'strokeRect', args: [200.5, barTop + 0.5, 100, 13], stroke: 'video' }),
    )
  })

  it('draws the live edge while the session runs', () => {
    const edge = (liveEdgeUs: number | null) => {
      const { pen, calls } = notingPen()
      drawLanes(pen, picture([{ channel: 0, fromUs: 0, toUs: 1 }], liveEdgeUs), 1000, 300)
      return calls.filter((call) => call.fill === 'liveEdge' && call.name === 'fillRect')
    }
    expect(edge(null)).toEqual([])
    expect(edge(500_000)[0]?.args).toEqual([500, 0, 1, 300])
  })

  it('draws only the lanes in view', () => {
    const { pen, calls } = notingPen()
    const scrolled = { ...picture([{ channel: 0, fromUs: 100_000, toUs: 300_000 }]), scrollTop: 4000 }
    drawLanes(pen, { ...scrolled, scene: new Scene() }, 1000, 300)
    expect(calls.some((call) => call.fill === 'video')).toBe(false)
  })

  it('outlines the selected object and keeps the cursor label on the canvas', () => {
    const { pen, calls } = notingPen()
    const { layout, columns, reading } = picture([{ channel: 0, fromUs: 100_000, toUs: 300_000 }])
    const overlay = {
      reading,
      layout,
      columns,
      scale,
      palette,
      scrollTop: 0,
      cursorUs: 0,
      cursorLabel: '14:03',
      hoverX: null,
      hoverRow: -1,
    }
    drawOverlay(pen, { ...overlay, selectedRow: 0 }, 1000, 300)
    const boxes = calls.filter((call) => call.name === 'roundRect').map((call) => call.args)
    expect(boxes[0]).toEqual([98.5, barTop - 1.5, 202, 17, 2])
    expect(boxes[1]?.[0]).toBe(0)
    // The ruler's label under it is hidden whole, not cut.
    expect(calls.filter((call) => call.name === 'fillRect' && call.args[1] === 2).length).toBeGreaterThan(0)
  })
})
