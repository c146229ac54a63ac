import type { MediaStreamSnapshot } from '../../contract/snapshot.ts'
import { Version } from '../../flow/version.ts'
import type { AnySection } from '../part.ts'

/** The section of a part that media streams pass. */
export function mediaSection(read: () => MediaStreamSnapshot): readonly AnySection[] {
  const version = new Version()
  return [
    {
      name: 'media',
      version: () => {
        const { bytes, packets, clients, dropped } = read()
        return version.of(bytes, packets, clients, dropped)
      },
      read,
    },
  ]
}
