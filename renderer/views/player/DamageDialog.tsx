import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { useEffect, useRef, useState } from 'react'
import { IconButton } from '../../ui/Button.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import styles from './DamageDialog.module.css'
import type { DamagePicture } from './damage-pictures.ts'
import { timeCode } from './frame-steps.ts'
import type { Playback } from './playback.ts'

const PLACES: Readonly<Record<DamagePicture['place'], { readonly title: string; readonly none: string }>> = {
  before: { title: 'Last good picture', none: 'Nothing good is before it.' },
  damaged: { title: 'Damaged', none: 'Nothing of it can be decoded.' },
  after: { title: 'Next good picture', none: 'Nothing good is behind it.' },
}

type DamageDialogProps = {
  readonly playback: Playback
  /** Where time codes begin, media seconds. */
  readonly startS: number
  readonly onClose: () => void
}

/** Shows the last good picture before what is damaged, those within, and the next good one. */
export function DamageDialog({ playback, startS, onClose }: DamageDialogProps) {
  const [pictures, setPictures] = useState<readonly DamagePicture[] | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    void playback.damagePictures(stop.signal).then((taken) => {
      if (!stop.signal.aborted) setPictures(taken)
    })
    return () => stop.abort()
  }, [playback])
  const before = useRef<Element | null>(null)
  const body = useRef<HTMLDivElement>(null)
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={styles.sheet}
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            before.current = document.activeElement
            // Not the button to close it, whose tooltip would lie over the pictures.
            event.preventDefault()
            body.current?.focus()
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault()
            if (before.current instanceof HTMLElement) before.current.focus({ preventScroll: true })
          }}
        >
          <div className={styles.head}>
            <Radix.Title className={styles.title}>Pictures around the damage</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close" icon={X} />
            </Radix.Close>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well */}
          <div ref={body} className={styles.body} tabIndex={0}>
            {pictures === null ? (
              <p role="status">Looking for the pictures…</p>
            ) : (
              <ol className={styles.strip}>
                {pictures.map((one) => (
                  <DamageFigure
                    key={`${one.place} ${one.timeS}`}
                    shown={one}
                    code={timeCode(one.timeS - startS, playback.frames.frameS)}
                    object={playback.objectAt(one.timeS)}
                  />
                ))}
              </ol>
            )}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

type DamageFigureProps = {
  readonly shown: DamagePicture
  readonly code: string
  readonly object: string | null
}

function DamageFigure({ shown: { place, picture }, code, object }: DamageFigureProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { title, none } = PLACES[place]
  useEffect(() => {
    if (canvas.current === null || picture === null) return
    canvas.current.width = picture.width
    canvas.current.height = picture.height
    canvas.current.getContext('2d')?.drawImage(picture, 0, 0)
  }, [picture])
  return (
    <li>
      <figure className={styles.figure} data-place={place}>
        {picture === null ? (
          <p className={styles.none}>{none}</p>
        ) : (
          <canvas ref={canvas} className={styles.picture} role="img" aria-label={`${title}, ${code}`} />
        )}
        <figcaption className={styles.words}>
          <strong>{title}</strong>
          {(picture !== null || place === 'damaged') && (
            <>
              <span>{code}</span>
              {object === null ? (
                <span>nothing received</span>
              ) : (
                <span className={styles.object} title={object}>
                  <MiddleCut text={object} />
                </span>
              )}
            </>
          )}
        </figcaption>
      </figure>
    </li>
  )
}
