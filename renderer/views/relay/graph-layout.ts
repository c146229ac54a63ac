import type { GraphPart } from '../../../core/contract/relay-request.ts'

/** A link between two parts of a graph. */
export type GraphLink = { readonly from: string; readonly to: string }

/** A part at its place: columns from the sources to the sinks, rows from the top, fractions between two others. */
export type PlacedPart = { readonly part: GraphPart; readonly column: number; readonly row: number }

/** Places of the parts of a graph. */
export type GraphLayout = {
  readonly places: ReadonlyMap<string, PlacedPart>
  readonly columns: number
  readonly rows: number
}

/**
 * Places each part in the column behind its furthest giver, at the height of what feeds it. Parts without links are below the others.
 * @param parts givers before their takers
 */
export function layOut(parts: readonly GraphPart[], links: readonly GraphLink[]): GraphLayout {
  const column = new Map<string, number>()
  for (const { id } of parts) {
    const givers = links.filter(({ to }) => to === id).map(({ from }) => column.get(from) ?? 0)
    column.set(id, givers.length === 0 ? 0 : Math.max(...givers) + 1)
  }
  const isLinked = (id: string) => links.some(({ from, to }) => from === id || to === id)
  const places = new Map<string, PlacedPart>()
  const columns = Math.max(0, ...column.values()) + 1
  for (let at = 0; at < columns; at++) {
    const here = parts
      .filter(({ id }) => column.get(id) === at && isLinked(id))
      .map((part) => ({ part, wanted: heightOf(part.id, links, places) }))
      .sort((a, b) => a.wanted - b.wanted)
    let next = 0
    for (const { part, wanted } of here) {
      const row = Math.max(next, Number.isFinite(wanted) ? wanted : next)
      places.set(part.id, { part, column: at, row })
      next = row + 1
    }
  }
  let below = places.size === 0 ? 0 : Math.floor(Math.max(...[...places.values()].map(({ row }) => row))) + 1
  let beside = 0
  for (const part of parts.filter(({ id }) => !isLinked(id))) {
    if (beside === columns) {
      beside = 0
      below++
    }
    places.set(part.id, { part, column: beside++, row: below })
  }
  const rows = Math.max(0, ...[...places.values()].map(({ row }) => row)) + 1
  return { places, columns, rows }
}

/** Mean row of what feeds a part; infinite where nothing does. */
function heightOf(id: string, links: readonly GraphLink[], places: ReadonlyMap<string, PlacedPart>): number {
  const rows = links.filter(({ to }) => to === id).flatMap(({ from }) => places.get(from)?.row ?? [])
  return rows.length === 0 ? Number.POSITIVE_INFINITY : rows.reduce((sum, row) => sum + row, 0) / rows.length
}
