import type { PartDescription } from '../../../core/contract/part-description.ts'
import type { GraphPart, LinkTraffic } from '../../../core/contract/relay-request.ts'
import { formatBytesShort, formatCount, formatRate, UNKNOWN } from '../../model/format.ts'
import styles from './Graph.module.css'
import { waitingText } from './Graph.tsx'

type LinkTableProps = {
  readonly parts: readonly GraphPart[]
  readonly traffic: readonly LinkTraffic[]
  readonly descriptions: readonly PartDescription[]
}

/** What passes each link, in words and numbers. */
export function LinkTable({ parts, traffic, descriptions }: LinkTableProps) {
  const nameOf = (id: string) => {
    const part = parts.find((each) => each.id === id)
    return part === undefined ? id : part.title
  }
  const descriptionOf = (id: string) => {
    const kind = parts.find((each) => each.id === id)?.kind
    return descriptions.find((each) => each.kind === kind)
  }
  return (
    <table className={styles.links} aria-label="Links">
      <thead>
        <tr>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">Carries</th>
          <th scope="col">Rate</th>
          <th scope="col">Passed</th>
          <th scope="col">Size</th>
          <th scope="col">Waiting</th>
        </tr>
      </thead>
      <tbody>
        {traffic.map((link) => (
          <tr key={`${link.from} ${link.to}`}>
            <td>{nameOf(link.from)}</td>
            <td>{nameOf(link.to)}</td>
            <td>{descriptionOf(link.from)?.gives ?? descriptionOf(link.to)?.takes ?? UNKNOWN}</td>
            <td>{link.passed === null ? UNKNOWN : formatRate(link.passed.rateBps)}</td>
            <td>{link.passed === null ? UNKNOWN : formatCount(link.passed.items)}</td>
            <td>{link.passed === null ? UNKNOWN : formatBytesShort(link.passed.bytes)}</td>
            <td>{link.waiting === null ? UNKNOWN : waitingText(link) || '0'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
