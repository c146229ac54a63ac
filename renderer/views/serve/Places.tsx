import { useId } from 'react'
import type { ServedPlace } from '../../../core/contract/served-requests.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import styles from './ServeView.module.css'

type PlacesProps = {
  readonly places: readonly ServedPlace[]
  /** Addresses of the server, the one to link to first. */
  readonly addresses: readonly string[]
}

/** What is served where, with links to copy. */
export function Places({ places, addresses }: PlacesProps) {
  const id = useId()
  const [own = '', ...others] = addresses
  return (
    <div className={styles.places}>
      <table aria-label="What is served">
        <thead>
          <tr>
            <th scope="col">Address</th>
            <th scope="col">For</th>
            <th scope="col">Folder or file</th>
          </tr>
        </thead>
        <tbody>
          {places.map(({ path, name, reads, writes }) => (
            <tr key={`${path} ${name}`}>
              <td>
                <Link url={own + path} />
              </td>
              <td>{writes ? (reads ? 'reading and uploads' : 'uploads') : 'reading'}</td>
              <td className={styles.folder} title={name}>
                <MiddleCut text={name} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {others.length > 0 && (
        <div className={styles.others}>
          <span id={id}>From other computers</span>
          <ul aria-labelledby={id}>
            {others.map((address) => (
              <li key={address}>
                <Link url={`${address}/`} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  )
}

function Link({ url }: { readonly url: string }) {
  return (
    <span className={styles.link}>
      <code>{url}</code>
      <CopyButton label={`Copy ${url}`} text={() => url} />
    </span>
  )
}
