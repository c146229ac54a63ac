import { useLayoutEffect, useRef } from 'react'
import { createPortal } from 'react-dom'
import { PANEL_TITLES } from '../model/layout.ts'
import { frameStore } from '../stores/frame-store.ts'
import { PlayerView } from '../views/player/PlayerView.tsx'
import { PanelBoundary } from './PanelBoundary.tsx'
import styles from './PlayerHost.module.css'

/*
 * The player lives as long as the window. Its element moves between the panel and a parking place where no panel shows it: a video
 * that is put elsewhere within one task plays on, one that is made anew begins again.
 */

let stage: HTMLElement | null = null
let parking: HTMLElement | null = null

function stageElement(): HTMLElement {
  stage ??= document.createElement('div')
  stage.className = styles.stage ?? ''
  return stage
}

/** The player itself, and where it waits. Mounted once for the window. */
export function PlayerHost() {
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    parking = place.current
    const element = stageElement()
    if (!element.isConnected) parking?.append(element)
    return () => {
      parking = null
    }
  }, [])
  return (
    <div ref={place} hidden>
      {createPortal(
        // biome-ignore lint/a11y/noStaticElementInteractions: the portal's focus does not reach the panel through React
        <div className={styles.stage} onFocus={() => frameStore.setState({ focused: 'player' })}>
          <PanelBoundary title={PANEL_TITLES.player}>
            <PlayerView />
          </PanelBoundary>
        </div>,
        stageElement(),
      )}
    </div>
  )
}

/** Where the player is shown. */
export function PlayerSlot() {
  const place = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    place.current?.append(stageElement())
    return () => parking?.append(stageElement())
  }, [])
  return <div ref={place} className={styles.stage} />
}
