import type { ReactNode } from 'react'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import type { MountLine, Reach } from './mounts.ts'
import { Phone } from './Phone.tsx'
import styles from './ServeView.module.css'

type PlacesProps = {
  readonly mounts: readonly MountLine[]
  /** How other computers reach each server, by its address. */
  readonly reaches: ReadonlyMap<string, Reach>
  /** What follows the list. */
  readonly children?: ReactNode
}

/** What is mounted where, with links to copy, and a code for a phone. */
export function Places({ mounts, reaches, children }: PlacesProps) {
  const hasNames = mounts.some(({ name }) => name !== '')
  const hasCounts = mounts.some(({ counts }) => counts !== '')
  const links = mounts.flatMap(({ baseUrl, path, reads }) => {
    const reach = reaches.get(baseUrl)
    return reads && reach !== undefined && 'addresses' in reach ? reach.addresses.map((each) => each + path) : []
  })
  const [why] = [...reaches.values()].flatMap((reach) => ('why' in reach ? [reach.why] : []))
  return (
    <div className={styles.mounted}>
      <div className={styles.mounts}>
        <div className={styles.places}>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well */}
          <div className={styles.placeList} tabIndex={0}>
            <table aria-label="What is served">
              <thead>
                <tr>
                  <th scope="col">Address</th>
                  <th scope="col">For</th>
                  {hasNames && <th scope="col">Folder or file</th>}
                  {hasCounts && <th scope="col">So far</th>}
                </tr>
              </thead>
              <tbody>
                {mounts.map(({ baseUrl, path, what, name, counts }) => (
                  <tr key={`${baseUrl}${path} ${name}`}>
                    <td>
                      <Link url={baseUrl + path} />
                    </td>
                    <td>{what}</td>
                    {hasNames && (
                      <td className={styles.folder} title={name}>
                        <MiddleCut text={name} />
                      </td>
                    )}
                    {hasCounts && <td className={styles.counts}>{counts}</td>}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {links.length > 0 ? (
            <div className={styles.others}>
              <span>From other computers</span>
              <ul aria-label="From other computers">
                {links.map((link) => (
                  <li key={link}>
                    <Link url={link} />
                  </li>
                ))}
              </ul>
            </div>
          ) : (
            why !== undefined && <p className={styles.others}>No code for a phone: {why}</p>
          )}
        </div>
        {children}
      </div>
      {links.length > 0 && <Phone links={links} />}
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
