import { useId, useState } from 'react'
import { setLoss } from '../../app/session-actions.ts'
import { formatCount } from '../../model/format.ts'
import forms from '../forms/Forms.module.css'
import { BURSTS, chancesOf, choiceOf, type LossChoice, MOST_PERCENT } from './loss-choice.ts'
import styles from './SendView.module.css'

/** Step of the slider, percent. */
const STEP = 0.5
const NO_LOSS: LossChoice = { percent: 0, burst: 1 }

type LossControlProps = {
  /** The chances now, as the broadcast has them. */
  readonly loss: string
  readonly keptBack: number
}

/** Turns the loss model of a running broadcast. */
export function LossControl({ loss, keptBack }: LossControlProps) {
  const [turned, setTurned] = useState<LossChoice | null>(null)
  const id = useId()
  const choice = turned ?? choiceOf(loss) ?? NO_LOSS
  const turn = (next: LossChoice) => {
    setTurned(next)
    setLoss(chancesOf(next))
  }
  const bursts = BURSTS.some((each) => each === choice.burst) ? BURSTS : [choice.burst, ...BURSTS]
  return (
    <fieldset className={styles.loss} aria-label="Loss model">
      <label htmlFor={`${id}-share`}>Loss model</label>
      <input
        id={`${id}-share`}
        type="range"
        min={0}
        max={MOST_PERCENT}
        step={STEP}
        value={Math.min(MOST_PERCENT, choice.percent)}
        aria-valuetext={`${choice.percent} % of the packets`}
        onChange={(event) => turn({ ...choice, percent: Number(event.target.value) })}
      />
      <output htmlFor={`${id}-share`}>{choice.percent === 0 ? 'off' : `${choice.percent.toFixed(1)} %`}</output>
      <label htmlFor={`${id}-burst`}>lost in a row</label>
      <select
        id={`${id}-burst`}
        value={choice.burst}
        onChange={(event) => turn({ ...choice, burst: Number(event.target.value) })}
      >
        {bursts.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <span className={forms.hint}>
        {formatCount(keptBack)} packets kept back; now <code>--loss {loss}</code>
      </span>
    </fieldset>
  )
}
