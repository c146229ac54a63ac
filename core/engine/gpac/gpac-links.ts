import { GpacFault, supported } from './gpac-fault.ts'
import type { FilterKind } from './gpac-filters.ts'
import type { GpacArgument, GpacFilter } from './gpac-line.ts'

/** A filter with its kind, and the filters it takes from. */
export type GpacNode = {
  readonly filter: GpacFilter
  /** Place in the line. */
  readonly index: number
  readonly kind: FilterKind
  /** It gives what is PUT to it, although it is a sink by name. */
  readonly gives: boolean
  readonly from: GpacNode[]
}

/** Filters since the last source, whose output is not linked yet. */
type OpenChain = { last: GpacNode[]; named: GpacNode[] }

/**
 * Links filters as GPAC does: by `SID` and `@`; a filter without either takes from what stands before it, an output from the ends of
 * all chains, and an input after an output begins anew. What has a `FID` is passed over by later filters that are no outputs.
 * @throws GpacFault for a name that no filter has
 */
export function linkFilters(nodes: readonly GpacNode[]): void {
  let chains: OpenChain[] = []
  let hadSink = false
  for (const node of nodes) {
    const { kind, filter } = node
    const ids = argumentNamed(filter, 'SID')
    const isSource = kind.role === 'source' || node.gives
    if (isSource) {
      if (ids !== undefined) throw new GpacFault(ids.column, 'an input takes from no other filter')
      if (hadSink) chains = []
      hadSink = false
      // What writes files itself gives nothing to others.
      if (argumentNamed(filter, 'odir') !== undefined) continue
      const chain = chains.at(-1)
      const begins =
        chain === undefined || chain.named.length > 0 || chain.last.some((each) => each.kind.role === 'step')
      if (begins) chains.push({ last: [node], named: [] })
      else chain.last.push(node)
      continue
    }
    const ends = (): GpacNode[] => chains.flatMap(({ last, named }) => (named.length > 0 ? named : last))
    const chain = chains.at(-1)
    if (ids !== undefined) node.from.push(...namedFilters(ids, nodes, node))
    else if (filter.links.length > 0) node.from.push(...filter.links.map((at) => nodes[at] as GpacNode))
    else node.from.push(...(kind.role === 'sink' ? ends() : (chain?.last ?? [])))
    if (kind.role === 'sink') hadSink = true
    else if (chain !== undefined && argumentNamed(filter, 'FID') !== undefined) chain.named.push(node)
    else if (chain !== undefined) chain.last = [node]
  }
}

/** The argument of a name. */
export function argumentNamed(filter: GpacFilter, name: string): GpacArgument | undefined {
  return filter.arguments.find((each) => each.name === name)
}

/** Filters that a `SID` names: `A,B`, or `A*` for all whose names begin so. */
function namedFilters(ids: GpacArgument, nodes: readonly GpacNode[], own: GpacNode): GpacNode[] {
  const known = nodes.flatMap((node) => {
    const id = node === own ? undefined : argumentNamed(node.filter, 'FID')?.value
    return typeof id === 'string' ? [{ node, id }] : []
  })
  let column = ids.valueColumn
  return (ids.value ?? '').split(',').flatMap((name) => {
    const begins = name.endsWith('*') ? name.slice(0, -1) : null
    const found = known.filter(({ id }) => (begins === null ? id === name : id.startsWith(begins)))
    if (found.length === 0)
      throw new GpacFault(
        column,
        name.includes('#')
          ? `SID '${name}' chooses by a property, which is not supported`
          : `no filter has the FID '${name}' ${supported(known.map(({ id }) => id))}`,
      )
    column += name.length + 1
    return found.map(({ node }) => node)
  })
}
