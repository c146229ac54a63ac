import type { SessionSnapshot, SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { serviceNameOf } from '../../model/names.ts'

/** A row of the tree: LLS or a service, and the tables in it, each with its versions. */
export type SignallingLine =
  | {
      readonly kind: 'group'
      readonly key: string
      readonly title: string
      readonly count: number
      readonly expanded: boolean
    }
  | {
      readonly kind: 'table'
      /** Series of the table's versions. */
      readonly key: string
      /** The newest version. */
      readonly table: SignallingSnapshot
      /** Oldest first. */
      readonly versions: readonly SignallingSnapshot[]
    }

/** LLS, then the SLS of each service in the order of the service list; tables by type. */
export function signallingLines(
  snapshot: Pick<SessionSnapshot, 'signalling' | 'services'>,
  service: number | null,
  folded: ReadonlySet<string>,
): readonly SignallingLine[] {
  const groups = new Map<string, { title: string; series: Map<string, SignallingSnapshot[]> }>()
  if (snapshot.signalling.some((one) => one.scope === 'lls')) groups.set('lls', { title: 'LLS', series: new Map() })
  for (const table of snapshot.signalling) {
    if (table.scope === 'sls' && service !== null && table.service !== service) continue
    const key = table.scope === 'lls' ? 'lls' : `sls ${table.service}`
    let group = groups.get(key)
    if (group === undefined) {
      const name = table.service === null ? 'No service' : serviceNameOf(snapshot as SessionSnapshot, table.service)
      group = { title: `${name} SLS`, series: new Map() }
      groups.set(key, group)
    }
    const versions = group.series.get(table.series)
    if (versions === undefined) group.series.set(table.series, [table])
    else versions.push(table)
  }
  const places = new Map(snapshot.services.map(({ id }, place) => [`sls ${id}`, place]))
  const placeOf = (key: string): number => (key === 'lls' ? -1 : (places.get(key) ?? places.size))
  const lines: SignallingLine[] = []
  for (const [key, { title, series }] of [...groups].sort(([a], [b]) => placeOf(a) - placeOf(b))) {
    const expanded = !folded.has(key)
    lines.push({ kind: 'group', key, title, count: series.size, expanded })
    if (!expanded) continue
    const tables = Array.from(series, ([id, versions]) => ({
      kind: 'table' as const,
      key: id,
      table: versions.at(-1) as SignallingSnapshot,
      versions,
    }))
    tables.sort(
      ({ table: a }, { table: b }) =>
        a.type.localeCompare(b.type) ||
        (a.group ?? 0) - (b.group ?? 0) ||
        Number(a.signed) - Number(b.signed) ||
        a.name.localeCompare(b.name),
    )
    lines.push(...tables)
  }
  return lines
}

/** All versions of a table, oldest first. */
export function versionsOf(
  signalling: readonly SignallingSnapshot[],
  table: SignallingSnapshot,
): readonly SignallingSnapshot[] {
  return signalling.filter((one) => one.series === table.series)
}

/** A table's name without its type: `subset 1 on packet_id 35` of `MPT subset 1 on packet_id 35`. */
export function nameBeside({ name, type }: Pick<SignallingSnapshot, 'name' | 'type'>): string {
  if (name === type) return ''
  return name.startsWith(`${type} of `) || name.startsWith(`${type} on `) || name.startsWith(`${type} subset `)
    ? name.slice(type.length + 1)
    : name
}

/** A line of the tree as one text: type, name and group. */
export function spokenTable(table: Pick<SignallingSnapshot, 'name' | 'type' | 'group'>): string {
  const parts = [table.type, nameBeside(table), table.group === null ? '' : `group ${table.group}`]
  return parts.filter((part) => part !== '').join(' ')
}
