import { useEffect, useRef } from 'react'
import type { ChannelRole } from '../../../core/contract/report.ts'
import { CanvasSurface } from '../../canvas/canvas-surface.ts'
import { hatch } from '../../canvas/hatch.ts'
import { readPalette, watchTheme } from '../../canvas/palette.ts'
import styles from './InspectorView.module.css'
import { gapSpans } from './inspector-model.ts'

type ByteMapProps = {
  readonly role: ChannelRole
  /** Null while unknown: then only received bytes are drawn. */
  readonly size: number | null
  readonly received: number
  /** Ranges recovered by FEC. */
  readonly recovered: readonly (readonly [number, number])[]
  readonly missing: readonly (readonly [number, number])[]
  readonly label: string
  /** A byte was pointed at. */
  readonly onPoint: (offset: number) => void
}

/** The bytes of an object as a bar, with its gaps. */
export function ByteMap(props: ByteMapProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const latest = useRef(props)
  const surface = useRef<CanvasSurface | null>(null)
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    let palette = readPalette(element)
    const made = new CanvasSurface(element, (pen, width, height) => {
      const { role, size, received, recovered, missing } = latest.current
      const whole = size ?? received
      pen.fillStyle = palette.role[role]
      pen.fillRect(0, 0, whole > 0 ? width : 0, height)
      for (const span of gapSpans(recovered, whole, width)) {
        const wide = Math.max(span.width, 2)
        pen.clearRect(span.x, 0, wide, height)
        pen.globalAlpha = 0.35
        pen.fillRect(span.x, 0, wide, height)
        pen.globalAlpha = 1
        pen.fillStyle = hatch(pen, palette.role[role])
        pen.fillRect(span.x, 0, wide, height)
        pen.fillStyle = palette.role[role]
      }
      for (const span of gapSpans(missing, whole, width)) {
        // A narrow gap is too small for its pattern.
        pen.fillStyle = span.width < 6 ? palette.hole : palette.missing
        pen.fillRect(span.x, 0, Math.max(span.width, 2), height)
        pen.fillStyle = palette.hole
        pen.fillRect(span.x, height - 3, Math.max(span.width, 2), 3)
      }
    })
    surface.current = made
    const off = watchTheme(() => {
      palette = readPalette(element)
      made.invalidate()
    })
    return () => {
      off()
      made.close()
    }
  }, [])
  useEffect(() => {
    latest.current = props
    surface.current?.invalidate()
  })
  return (
    // The list of missing ranges and the buttons in Hex are the same by keyboard.
    <canvas
      ref={canvas}
      className={styles.map}
      role="img"
      aria-label={props.label}
      title="Show these bytes in Hex"
      onPointerDown={(event) => {
        const box = event.currentTarget.getBoundingClientRect()
        const whole = props.size ?? props.received
        const share = (event.clientX - box.left) / Math.max(1, box.width)
        if (whole > 0) props.onPoint(Math.min(whole - 1, Math.max(0, Math.floor(share * whole))))
      }}
    />
  )
}
