import type { MediaStreamSnapshot } from '../../../core/contract/snapshot.ts'
import { formatBytesShort, formatCount } from '../../model/format.ts'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import styles from './Graph.module.css'

/** Sockets and files of a relay, with what they took or gave. */
export function EndTable({ media }: { readonly media: readonly MediaStreamSnapshot[] }) {
  return (
    <table className={`${styles.links} ${styles.endTable}`} aria-label="Sockets and files">
      <thead>
        <tr>
          <th scope="col">Way</th>
          <th scope="col">Address</th>
          <th scope="col">Connections</th>
          <th scope="col">Packets</th>
          <th scope="col">Size</th>
          <th scope="col">Not taken</th>
        </tr>
      </thead>
      <tbody>
        {media.map(({ part, direction, address, clients, packets, bytes, dropped }) => (
          <tr key={part}>
            <td>{direction === 'in' ? 'in' : 'out'}</td>
            <td className={styles.address}>
              <MiddleCut text={address} />
            </td>
            <td>{formatCount(clients)}</td>
            <td>{formatCount(packets)}</td>
            <td>{formatBytesShort(bytes)}</td>
            <td data-some={dropped > 0}>{formatCount(dropped)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
