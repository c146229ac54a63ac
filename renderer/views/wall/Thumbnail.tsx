import { useEffect, useRef } from 'react'
import { THUMBNAIL } from '../../../core/contract/wall.ts'
import { engine } from '../../client/engine-client.ts'
import styles from './WallView.module.css'

type ThumbnailProps = {
  readonly sessionId: string
  readonly receiver: string | null
  readonly serviceId: number
  /** Number of the picture, which is fetched when it grows. */
  readonly picture: number
}

/** The newest picture of a service. */
export function Thumbnail({ sessionId, receiver, serviceId, picture }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (picture === 0) return
    let current = true
    engine()
      .call('thumbnail', sessionId, serviceId, receiver ?? undefined)
      .then((thumbnail) => {
        if (current && thumbnail !== null && canvas.current !== null) draw(canvas.current, thumbnail.rgb)
      })
      // The session may have been closed meanwhile.
      .catch(() => undefined)
    return () => {
      current = false
    }
  }, [sessionId, receiver, serviceId, picture])
  return (
    <canvas
      ref={canvas}
      className={styles.picture}
      width={THUMBNAIL.width}
      height={THUMBNAIL.height}
      data-picture={picture}
      aria-hidden
    />
  )
}

function draw(canvas: HTMLCanvasElement, rgb: Uint8Array): void {
  const context = canvas.getContext('2d')
  const image = context?.createImageData(THUMBNAIL.width, THUMBNAIL.height)
  if (context == null || image === undefined || rgb.length !== (image.data.length / 4) * 3) return
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    image.data.set(rgb.subarray(from, from + 3), to)
    image.data[to + 3] = 255
  }
  context.putImageData(image, 0, 0)
}
