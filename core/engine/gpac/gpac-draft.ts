import type { PartDescription } from '../../contract/part-description.ts'
import type { LinkSpec, OptionValue, PartSpec } from '../../contract/session-spec.ts'
import { chosenPart } from '../spec/part-spec.ts'
import type { GpacNode } from './gpac-links.ts'
import { gpacPart } from './gpac-parts.ts'

/** A part that a line makes, with the filters whose options are its own. */
export type PartDraft = {
  readonly kind: string
  readonly values: Map<string, OptionValue>
  readonly nodes: Set<GpacNode>
  readonly feeds: Set<PartDraft>
}

/** The parts that a line makes, in the order in which they were made. */
export class PartDrafts {
  readonly #descriptions: readonly PartDescription[]
  readonly #drafts: PartDraft[] = []

  constructor(descriptions: readonly PartDescription[]) {
    this.#descriptions = descriptions
  }

  /** Inputs in the order of the line, then other parts by kind. */
  get all(): readonly PartDraft[] {
    const place = (draft: PartDraft): readonly [number, number] => {
      const [first] = draft.nodes
      const kind = this.#descriptions.findIndex((part) => part.kind === draft.kind)
      return [this.#isSource(draft) ? -1 : kind, first?.index ?? 0]
    }
    return [...this.#drafts].sort((a, b) => {
      const [kindA, indexA] = place(a)
      const [kindB, indexB] = place(b)
      return kindA - kindB || indexA - indexB
    })
  }

  /** Whether this program has parts of a kind. */
  knows(kind: string): boolean {
    return this.#descriptions.some((part) => part.kind === kind)
  }

  ofKind(kind: string): readonly PartDraft[] {
    return this.#drafts.filter((each) => each.kind === kind)
  }

  add(kind: string, nodes: Iterable<GpacNode>, values: Readonly<Record<string, OptionValue>>): PartDraft {
    const draft = { kind, nodes: new Set(nodes), values: new Map(Object.entries(values)), feeds: new Set<PartDraft>() }
    this.#drafts.push(draft)
    return draft
  }

  /** The part of a kind that has the options of this filter, made where there is none. */
  of(kind: string, node: GpacNode, values: Readonly<Record<string, OptionValue>>): PartDraft {
    return this.#drafts.find((each) => each.kind === kind && each.nodes.has(node)) ?? this.add(kind, [node], values)
  }

  /** Parts with ids; links only where some source does not feed all that it could. */
  parts(): { readonly parts: readonly PartSpec[]; readonly links?: readonly LinkSpec[] } {
    const drafts = this.all
    const nameOf = (draft: PartDraft): string => (this.#isSource(draft) ? 'source' : draft.kind)
    const idOf = new Map<PartDraft, string>()
    for (const draft of drafts) {
      const like = drafts.filter((each) => nameOf(each) === nameOf(draft))
      idOf.set(draft, like.length === 1 ? nameOf(draft) : `${nameOf(draft)}${like.indexOf(draft) + 1}`)
    }
    const specs = drafts.flatMap((draft) => {
      const description = this.#descriptions.find(({ kind }) => kind === draft.kind)
      const spec = description && chosenPart(description, idOf.get(draft) as string, Object.fromEntries(draft.values))
      // The graph makes a converter by itself where none of its options is chosen.
      return spec === undefined || (isImplied(draft) && Object.keys(spec).length === 2) ? [] : [spec]
    })
    if (this.#isComplete()) return { parts: specs }
    const links = drafts.flatMap((from) =>
      drafts
        .filter((to) => from.feeds.has(to))
        .map((to) => ({ from: idOf.get(from) as string, to: idOf.get(to) as string })),
    )
    return { parts: specs, links }
  }

  /** Each part feeds all that it feeds without links. */
  #isComplete(): boolean {
    if (this.#drafts.some((draft) => gpacPart(draft)?.hasLinks === true)) return false
    const linked = this.#drafts.filter((draft) => !isImplied(draft))
    return linked.every((from) => linked.every((to) => to === from || from.feeds.has(to) || !this.#fits(from, to)))
  }

  /** Whether the graph links two parts by itself. */
  #fits(from: PartDraft, to: PartDraft): boolean {
    const [giver, taker] = [from, to].map(({ kind }) => this.#descriptions.find((part) => part.kind === kind))
    if (giver === undefined || taker === undefined || giver.gives === null || taker.takes === null) return false
    const isOneSide = giver.side === undefined || taker.side === undefined || giver.side === taker.side
    const isReceived = giver.gives === 'datagrams' && taker.takes === 'objects'
    return isOneSide && (giver.gives === taker.takes || isReceived)
  }

  #isSource({ kind }: PartDraft): boolean {
    const part = this.#descriptions.find((each) => each.kind === kind)
    return part?.takes === null && part.gives !== null
  }
}

/** Whether the graph puts such a part between others by itself. */
function isImplied(draft: PartDraft): boolean {
  return gpacPart(draft)?.role === 'implied'
}
