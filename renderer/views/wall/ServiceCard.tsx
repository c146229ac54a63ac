// biome-ignore-all lint/a11y/useFocusableInteractive: the wall has the focus and references the selected card as its active descendant
// biome-ignore-all lint/a11y/useKeyWithClickEvents: keys are the wall's
import { memo } from 'react'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import type { ServiceLook, SoundLevel, WallSnapshot } from '../../../core/contract/wall.ts'
import { formatChannelNumber, formatRate } from '../../model/format.ts'
import { lossSummary } from '../../model/losses.ts'
import { serviceName } from '../../model/names.ts'
import { ServiceStateGlyph, SeverityGlyph, serviceStateText } from '../../ui/glyphs.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import { Thumbnail } from './Thumbnail.tsx'
import styles from './WallView.module.css'
import { barLength, factsOf, lackText, levelText, noPictureText } from './wall-model.ts'

type ServiceCardProps = {
  readonly id: string
  readonly sessionId: string
  readonly receiver: string | null
  readonly service: ServiceSnapshot
  readonly look: ServiceLook | null
  readonly wall: WallSnapshot | null
  readonly ended: boolean
  readonly selected: boolean
  /** The player plays it. */
  readonly plays: boolean
  readonly position: number
  readonly count: number
  readonly onTune: (position: number) => void
}

/** One service: its picture, how loud it is, what is wrong with it, its rate and health. A click tunes the player to it. */
export const ServiceCard = memo(function ServiceCard(props: ServiceCardProps) {
  const { service, look, wall, ended, selected, plays, position, count } = props
  const facts = look === null ? [] : factsOf(look)
  const levels = look?.levels ?? []
  const state = serviceStateText(service.state, ended)
  const lost = lossSummary(service.loss, !ended)
  const note = look === null ? null : lackText(look)
  const without = noPictureText(service, look, wall, ended)
  const rest = note ?? (service.state === 'partial' ? `loss ${lost}` : state)
  const number = service.major === null ? '' : formatChannelNumber(service.major, service.minor)
  const spoken = [state, ...facts.map(({ text }) => text), ...(levels.length > 0 ? [levelText(levels)] : [])]
  return (
    <div
      id={props.id}
      className={styles.card}
      role="option"
      aria-selected={selected}
      aria-setsize={count}
      aria-posinset={position + 1}
      data-service={service.id}
      data-plays={plays}
      title={levels.length > 0 ? levelText(levels) : undefined}
      onClick={() => props.onTune(position)}
    >
      <div className={styles.frame}>
        {look !== null && look.picture > 0 && (
          <Thumbnail
            sessionId={props.sessionId}
            receiver={props.receiver}
            serviceId={service.id}
            picture={look.picture}
          />
        )}
        {without !== '' && <span className={styles.without}>{without}</span>}
        {facts.length > 0 && (
          <span className={styles.facts}>
            {facts.map(({ word, text }) => (
              <span key={word} className={styles.fact} title={text}>
                <SeverityGlyph severity="warning" />
                {word}
              </span>
            ))}
          </span>
        )}
        {levels.length > 0 && <Bars levels={levels} />}
        {plays && <span className={styles.plays}>Playing</span>}
      </div>
      <div className={styles.name}>
        <ServiceStateGlyph state={service.state} />
        {number !== '' && <span className={styles.number}>{number}</span>}
        <span className="visually-hidden">{serviceName(service)}</span>
        <span className={styles.title} aria-hidden>
          <MiddleCut text={serviceName(service)} />
        </span>
      </div>
      <div className={styles.health}>
        <span>{formatRate(service.rateBps)}</span>
        <span className={styles.rest} title={rest} data-bad={service.state === 'silent' || service.state === 'partial'}>
          {rest}
        </span>
        <span className="visually-hidden">, {spoken.join(', ')}</span>
      </div>
    </div>
  )
})

/** A bar for each channel: as loud as it was, with its peak. */
function Bars({ levels }: { readonly levels: readonly SoundLevel[] }) {
  return (
    <span className={styles.bars} aria-hidden>
      {levels.map(({ rms, peak }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: channels have no other name
        <span key={at} className={styles.bar}>
          <span className={styles.loud} style={{ height: `${100 * barLength(rms)}%` }} />
          <span className={styles.peak} style={{ bottom: `${100 * barLength(peak)}%` }} />
        </span>
      ))}
    </span>
  )
}
