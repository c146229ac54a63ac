import type { CutSnapshot } from '../contract/service-snapshot.ts'
import type { ConfinedManifest } from '../manifest/confined-manifest.ts'

/** What became of the manifests of a service before they were served. */
export type ConfinedService = {
  /** References that were cut; null where none was. */
  readonly cut: CutSnapshot | null
  /** How its media is encrypted; null where some can be played without a licence. */
  readonly encryption: string | null
  /** Representation@id of the representations that are not on air, and left out. */
  readonly offAir: readonly string[]
}

const MAX_SHOWN = 4

/** Sums up the manifests of one service, by their names. */
export function confinedService(manifests: ReadonlyMap<string, ConfinedManifest>): Omit<ConfinedService, 'offAir'> {
  let count = 0
  let encryption: string | null = null
  const first: CutSnapshot['first'][number][] = []
  for (const [document, { cuts, encryption: own }] of manifests) {
    count += cuts.count
    encryption ??= own
    for (const { place, line, reference } of cuts.first)
      if (first.length < MAX_SHOWN) first.push({ document, place, line, reference })
  }
  return { cut: count === 0 ? null : { count, first }, encryption }
}
