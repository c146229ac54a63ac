import type { MmtpSnapshot } from '../../../core/contract/service-snapshot.ts'
import { formatCount, formatRate } from '../../model/format.ts'
import styles from './ServicesView.module.css'

/** Contents of an MMTP flow: assets with their MPUs, packet_ids, and signalling messages. */
export function MmtpDetail({ mmtp }: { readonly mmtp: MmtpSnapshot }) {
  const { assets, packets, messages, lostInAll } = mmtp
  return (
    <div className={styles.mmtp}>
      <table className={styles.table}>
        <caption>Assets</caption>
        <thead>
          <tr>
            <th>Id</th>
            <th>Type</th>
            <th>Asset</th>
            <th className={styles.figure}>MPUs</th>
            <th className={styles.figure} title="Incomplete MPUs, and MPUs without a single packet">
              Lost
            </th>
            <th className={styles.figure}>Newest</th>
          </tr>
        </thead>
        <tbody>
          {assets.map((asset) => (
            <tr key={`${asset.destination} ${asset.packetId}`} title={aboutAsset(asset)}>
              <td>{asset.packetId}</td>
              <td>{asset.type ?? '–'}</td>
              <td className={styles.asset}>{componentText(asset) ?? asset.assetId ?? '–'}</td>
              <td className={styles.figure}>{formatCount(asset.mpus)}</td>
              <Bad value={asset.incomplete + asset.absent} />
              <td className={styles.figure}>{asset.lastMpu ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {assets.some((asset) => asset.partialAtStart !== null) && (
        <p className={styles.remark}>Partial at start: MPUs whose first packets were sent before reception began.</p>
      )}
      <table className={styles.table}>
        <caption>Packets by packet_id</caption>
        <thead>
          <tr>
            <th>Id</th>
            <th>Type</th>
            <th className={styles.figure}>Packets</th>
            <th className={styles.figure}>Rate</th>
            <th className={styles.figure}>Lost</th>
            <th className={styles.figure}>Late</th>
            <th className={styles.figure}>Twice</th>
          </tr>
        </thead>
        <tbody>
          {packets.map((row) => (
            <tr key={row.packetId}>
              <td>{row.packetId}</td>
              <td>{row.type}</td>
              <td className={styles.figure}>{formatCount(row.packets)}</td>
              <td className={styles.figure}>{formatRate(row.rateBps)}</td>
              <Bad value={row.lost} />
              <td className={styles.figure}>{formatCount(row.outOfOrder)}</td>
              <td className={styles.figure}>{formatCount(row.duplicates)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {lostInAll !== null && (
        <p className={lostInAll > 0 ? styles.bad : styles.remark}>
          {formatCount(lostInAll)} packets of all packet_ids lost, by packet_counter
        </p>
      )}
      {messages.length > 0 && (
        <p className={styles.remark}>
          Messages: {messages.map(({ name, count }) => `${name} ×${formatCount(count)}`).join(', ')}
        </p>
      )}
    </div>
  )
}

function Bad({ value }: { readonly value: number }) {
  return <td className={`${styles.figure} ${value > 0 ? styles.bad : ''}`}>{formatCount(value)}</td>
}

type Asset = MmtpSnapshot['assets'][number]

/** A component of the USBD: `Main (video, primary)`. */
function componentText({ component }: Asset): string | null {
  if (component === null) return null
  const { role, name } = component
  return name === null ? role : role === null ? name : `${name} (${role})`
}

function aboutAsset(asset: Asset): string {
  const { assetId, destination, firstMpu, partialAtStart, samplesLost, absent } = asset
  return [
    ...(assetId === null ? [] : [assetId]),
    `in ${destination}`,
    ...(firstMpu === null ? [] : [`from MPU ${firstMpu}`]),
    ...(partialAtStart === null ? [] : [`MPU ${partialAtStart} partial at start`]),
    ...(samplesLost === 0 ? [] : [`${samplesLost} incomplete samples`]),
    ...(absent === 0 ? [] : [`${absent} ${absent === 1 ? 'MPU' : 'MPUs'} missing`]),
  ].join(', ')
}
