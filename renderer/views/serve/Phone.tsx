import { useId, useState } from 'react'
import { QrCode } from './QrCode.tsx'
import styles from './ServeView.module.css'

/** Addresses for a phone in the network, one as a code to point it at. */
export function Phone({ links }: { readonly links: readonly string[] }) {
  const id = useId()
  const [chosen, setChosen] = useState('')
  const link = links.includes(chosen) ? chosen : (links[0] ?? '')
  return (
    <figure className={styles.phone}>
      <QrCode text={link} />
      <figcaption>
        <label htmlFor={id}>For a phone in the network</label>
        <select id={id} value={link} onChange={(event) => setChosen(event.target.value)}>
          {links.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </figcaption>
    </figure>
  )
}
