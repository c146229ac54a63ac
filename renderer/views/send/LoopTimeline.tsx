import { useId, useRef } from 'react'
import type { ReturnedObject, SelfLoopSnapshot, SentServiceSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { useWidth } from '../../ui/use-width.ts'
import { RETURN_TEXT } from './return-words.ts'
import styles from './SendView.module.css'

/** Time that is shown, µs. */
const SPAN_US = 20_000_000
const STEP_US = 5_000_000
const LABEL_PX = 150
const LANE_PX = 34
const BAR_PX = 9
const AXIS_PX = 18
/** A bar is never thinner. */
const LEAST_PX = 3

type LoopTimelineProps = {
  readonly loop: SelfLoopSnapshot
  readonly services: readonly SentServiceSnapshot[]
}

/** The last seconds: a lane for each channel, above when each object was sent, below when it came back. The table beside it has the same. */
export function LoopTimeline({ loop, services }: LoopTimelineProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useWidth(box)
  const holes = useId()
  const { channels, objects, nowUs } = loop
  const scale = Math.max(0, width - LABEL_PX) / SPAN_US
  const x = (timeUs: number) => Math.max(LABEL_PX, LABEL_PX + (timeUs - nowUs + SPAN_US) * scale)
  const height = channels.length * LANE_PX + AXIS_PX
  const lane = new Map(channels.map(({ destination, tsi }, at) => [`${destination} ${tsi}`, at]))
  const seen = objects.filter(({ outUs, arrivedUs, beganUs }) => {
    return Math.max(beganUs, outUs ?? 0, arrivedUs ?? 0) > nowUs - SPAN_US
  })
  const steps = Array.from({ length: SPAN_US / STEP_US }, (_, at) => at * STEP_US)
  return (
    <div ref={box} className={styles.lanes}>
      {width > 0 && channels.length > 0 && (
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={`The last ${SPAN_US / 1e6} seconds: what was sent, and below it what came back`}
        >
          <pattern id={holes} width={7} height={BAR_PX} patternUnits="userSpaceOnUse" className={styles.holes}>
            <rect width={4} height={BAR_PX} />
          </pattern>
          {steps.map((step) => (
            <g key={step} className={styles.tick}>
              <line x1={x(nowUs - step)} x2={x(nowUs - step)} y1={0} y2={height - AXIS_PX} />
              <text x={x(nowUs - step)} y={height - 5} textAnchor={step === 0 ? 'end' : 'middle'}>
                {step === 0 ? 'now' : `−${step / 1e6} s`}
              </text>
            </g>
          ))}
          {channels.map(({ destination, tsi }, at) => (
            <g key={`${destination} ${tsi}`} className={styles.lane}>
              <line x1={0} x2={width} y1={(at + 1) * LANE_PX} y2={(at + 1) * LANE_PX} />
              <text x={8} y={at * LANE_PX + LANE_PX / 2 + 4}>
                {laneName(destination, tsi, services)}
              </text>
            </g>
          ))}
          {seen.map((each) => (
            <Bars
              key={`${each.destination} ${each.tsi} ${each.toi} ${each.beganUs}`}
              object={each}
              x={x}
              nowUs={nowUs}
              holes={`url(#${holes})`}
              top={(lane.get(`${each.destination} ${each.tsi}`) ?? 0) * LANE_PX}
            />
          ))}
        </svg>
      )}
    </div>
  )
}

type BarsProps = {
  readonly object: ReturnedObject
  readonly x: (timeUs: number) => number
  readonly nowUs: number
  /** Fill of what lacks bytes. */
  readonly holes: string
  readonly top: number
}

function Bars({ object, x, nowUs, holes, top }: BarsProps) {
  const { beganUs, outUs, arrivingUs, arrivedUs, state, name, toi } = object
  const from = x(beganUs)
  const sent = Math.max(LEAST_PX, x(outUs ?? nowUs) - from - 1)
  const back = x(arrivingUs ?? beganUs)
  const came = arrivedUs === null ? sent : Math.max(LEAST_PX, x(arrivedUs) - back - 1)
  return (
    <g>
      <title>{`${name ?? `TOI ${toi}`}: ${RETURN_TEXT[state]}`}</title>
      <rect className={styles.sentBar} x={from} y={top + 6} width={sent} height={BAR_PX} rx={1.5} />
      <rect
        className={styles.backBar}
        data-state={state}
        fill={state === 'incomplete' ? holes : undefined}
        x={back}
        y={top + 18}
        width={came}
        height={BAR_PX}
        rx={1.5}
      />
    </g>
  )
}

function laneName(destination: string, tsi: number, services: readonly SentServiceSnapshot[]): string {
  const channels = services.flatMap((service) => service.channels.map((channel) => ({ service, channel })))
  const found = channels.find(({ channel }) => channel.destination === destination && channel.tsi === tsi)
  const of = services.length > 1 && found !== undefined ? `${found.service.id}: ` : ''
  if (found !== undefined) return `${of}TSI ${tsi}, ${found.channel.contentType ?? 'files'}`
  return tsi === 0 || tsi === 1 ? `TSI ${tsi}, signalling` : `TSI ${tsi}`
}
