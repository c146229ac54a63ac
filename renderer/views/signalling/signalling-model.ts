import type { SessionSnapshot, SignallingSnapshot } from '../../../core/contract/snapshot.ts'
import { serviceNameOf } from '../../model/names.ts'

/** A row of the tree: LLS or a service, and the tables in it. */
export type SignallingLine =
  | {
      readonly kind: 'group'
      readonly key: string
      readonly title: string
      readonly count: number
      readonly expanded: boolean
    }
  | { readonly kind: 'table'; readonly key: string; readonly table: SignallingSnapshot }

/** LLS first, then the SLS of each service in the order of the service list; tables by type. */
export function signallingLines(
  snapshot: Pick<SessionSnapshot, 'signalling' | 'services'>,
  service: number | null,
  folded: ReadonlySet<string>,
): readonly SignallingLine[] {
  const groups = new Map<string, { title: string; tables: SignallingSnapshot[] }>()
  const lls = snapshot.signalling.filter((one) => one.scope === 'lls')
  if (lls.length > 0) groups.set('lls', { title: 'LLS', tables: lls })
  for (const table of snapshot.signalling) {
    if (table.scope === 'lls' || (service !== null && table.service !== service)) continue
    const key = `sls ${table.service}`
    const group = groups.get(key)
    if (group !== undefined) group.tables.push(table)
    else {
      const name = table.service === null ? 'No service' : serviceNameOf(snapshot as SessionSnapshot, table.service)
      groups.set(key, { title: `${name} SLS`, tables: [table] })
    }
  }
  const lines: SignallingLine[] = []
  for (const [key, { title, tables }] of groups) {
    const expanded = !folded.has(key)
    lines.push({ kind: 'group', key, title, count: tables.length, expanded })
    if (!expanded) continue
    const ordered = [...tables].sort(
      (a, b) => a.type.localeCompare(b.type) || (a.version ?? 0) - (b.version ?? 0) || a.firstTimeUs - b.firstTimeUs,
    )
    for (const table of ordered) lines.push({ kind: 'table', key: table.key, table })
  }
  return lines
}
