import type { PartDescription, PortType } from '../contract/part-description.ts'
import type { LinkSpec, PartSpec } from '../contract/session-spec.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { PartKind } from './part.ts'
import { completePart } from './spec/part-spec.ts'

/** A part to be opened, with the defaults of its table filled in. */
export type PlannedPart = {
  readonly spec: PartSpec
  readonly kind: PartKind
  /** The session does not name it; the graph needs it between others. */
  readonly implied: boolean
  /** Specs of other parts of its kind that are merged into this one. */
  readonly together: readonly PartSpec[]
}

/** Parts and links of a session, implied ones included. */
export type GraphPlan = {
  /** In the order of the links: a giver precedes its takers. */
  readonly parts: readonly PlannedPart[]
  readonly links: readonly LinkSpec[]
}

/** Kinds of parts between two ports that differ, in this order. */
const BETWEEN: readonly { readonly from: PortType; readonly to: PortType; readonly kinds: readonly string[] }[] = [
  { from: 'datagrams', to: 'objects', kinds: ['receiver', 'repair'] },
]

/**
 * Links the parts of a session by their ports. A part with links feeds what they name; one without feeds every part of its side
 * that takes what it gives. Between datagrams and objects a receiver and repair are put, one of each for every set of sinks that
 * sources share: parts of the session without links, or implied ones.
 * @throws AppFailure bad-spec, with one sentence, for what cannot be linked
 */
export function planGraph(
  parts: readonly PartSpec[],
  links: readonly LinkSpec[] | undefined,
  kinds: readonly PartKind[],
): GraphPlan {
  return new Planner(parts, links ?? [], kinds).plan()
}

class Planner {
  readonly #kinds: readonly PartKind[]
  readonly #links: readonly LinkSpec[]
  readonly #parts = new Map<string, PlannedPart>()
  readonly #made: LinkSpec[] = []
  /** Converters of the session without any link, used before implied ones. */
  readonly #spare: PlannedPart[] = []

  constructor(parts: readonly PartSpec[], links: readonly LinkSpec[], kinds: readonly PartKind[]) {
    this.#kinds = kinds
    this.#links = links
    for (const spec of parts) this.#add(spec, false)
    const between = BETWEEN.flatMap((each) => each.kinds)
    for (const part of this.#parts.values()) {
      const { id } = part.spec
      if (!between.includes(part.spec.kind) || links.some(({ from, to }) => from === id || to === id)) continue
      this.#spare.push(part)
    }
  }

  plan(): GraphPlan {
    for (const { from, to } of this.#links) this.#check(from, to)
    const named = [...this.#parts.values()].filter((part) => !this.#spare.includes(part))
    this.#mergeTogether()
    // Sources first: they decide which receivers there are.
    const groups = new Map<string, { readonly givers: string[]; readonly ends: readonly string[] }>()
    for (const part of named) {
      const { id } = part.spec
      if (!this.#parts.has(id)) continue
      const { gives, takes } = part.kind.description
      if (gives === null) continue
      const ends: string[] = []
      let converted = false
      const chain = this.#chainAfter(part)
      for (const to of this.#targets(part, named)) {
        const { description } = this.#part(to).kind
        if (description.kind === chain[0]) converted = true
        if (description.kind === chain[0] || (description.takes === gives && !this.#isStep(part))) this.#link(id, to)
        else ends.push(to)
      }
      // A source always has a receiver, which finds out what to join and what to show.
      const received = (takes === null || this.#isStep(part)) && chain.length > 0 && !converted
      if (ends.length === 0 && !received) continue
      const key = `${gives}\n${takes === null ? '' : id}\n${[...ends].sort().join('\n')}`
      const group = groups.get(key) ?? { givers: [], ends }
      group.givers.push(id)
      groups.set(key, group)
    }
    for (const { givers, ends } of groups.values()) this.#convert(givers, ends)
    this.#dropIdle()
    this.#putThrough()
    this.#checkSent()
    return { parts: this.#ordered(), links: this.#made }
  }

  /** Parts that a part feeds: those its links name, or all of its side that take what it gives. */
  #targets({ spec, kind }: PlannedPart, named: readonly PlannedPart[]): string[] {
    const own = this.#links.filter(({ from }) => from === spec.id).map(({ to }) => to)
    if (own.length > 0) return [...new Set(own)].filter((to) => this.#parts.has(to))
    const { description } = kind
    const between = BETWEEN.flatMap((each) => each.kinds)
    return named.flatMap((to) => {
      const other = to.kind.description
      if (to.spec.id === spec.id || other.takes === null || between.includes(other.kind)) return []
      if (!sameSide(description, other) || !this.#parts.has(to.spec.id)) return []
      const fits = other.takes === description.gives || this.#between(description.gives, other.takes) !== null
      return fits ? [to.spec.id] : []
    })
  }

  /** Puts the converters that the ports need between givers and ends. */
  #convert(givers: readonly string[], ends: readonly string[]): void {
    const [first] = givers
    if (first === undefined) return
    const giver = this.#part(first)
    const chain = this.#chainAfter(giver)
    let before: readonly string[] = givers
    for (const kind of chain) {
      const { id } = this.#converter(kind, ends).spec
      for (const from of before) this.#link(from, id)
      before = [id]
    }
    for (const from of before) for (const to of ends) this.#link(from, to)
  }

  /** Kinds that follow a part before its objects reach a sink. */
  #chainAfter({ kind }: PlannedPart): readonly string[] {
    const { description } = kind
    for (const { from, kinds } of BETWEEN) {
      const at = kinds.indexOf(description.kind)
      if (at >= 0) return kinds.slice(at + 1)
      if (description.gives === from) return kinds
    }
    return []
  }

  /** Whether the part is itself a converter. */
  #isStep({ kind }: PlannedPart): boolean {
    return BETWEEN.some(({ kinds }) => kinds.includes(kind.description.kind))
  }

  #between(from: PortType | null, to: PortType): readonly string[] | null {
    return BETWEEN.find((each) => each.from === from && each.to === to)?.kinds ?? null
  }

  /** Returns a spare part of this kind, or an implied one with the options of a spare one already in use. */
  #converter(kind: string, ends: readonly string[]): PlannedPart {
    const spares = this.#spare.filter(({ spec }) => spec.kind === kind)
    const free = spares.find(({ spec }) => !this.#made.some(({ from, to }) => from === spec.id || to === spec.id))
    if (free !== undefined) return free
    const [like] = spares
    const name = like?.spec.id ?? kind
    const id = this.#freeId(name, ends)
    return this.#add({ ...like?.spec, id, kind }, true)
  }

  #freeId(name: string, ends: readonly string[]): string {
    const wanted = this.#parts.has(name) && ends[0] !== undefined ? `${name}-${ends[0]}` : name
    let id = wanted
    for (let at = 2; this.#parts.has(id); at++) id = `${wanted}-${at}`
    return id
  }

  /** Leaves out converters that the sources of the session have no use for: what is uploaded needs no receiver. */
  #dropIdle(): void {
    const parts = [...this.#parts.values()].map(({ kind }) => kind.description)
    const hasSource = parts.some(({ takes, gives }) => takes === null && gives !== null)
    if (!hasSource) return
    for (const { spec } of this.#spare)
      if (!this.#made.some(({ from, to }) => from === spec.id || to === spec.id)) this.#parts.delete(spec.id)
  }

  /** Puts a store before each gateway: a part that reads objects from another kind gets one linked to the same giver. */
  #putThrough(): void {
    for (const part of [...this.#parts.values()]) {
      const { through } = part.kind
      if (through === undefined) continue
      const { id } = part.spec
      for (const { from } of this.#made.filter(({ to }) => to === id)) {
        const giver = this.#part(from)
        if (giver.spec.kind === through.kind) continue
        const wanted = Object.fromEntries(through.options.map((key) => [key, part.spec[key]]))
        const fits = ({ spec }: PlannedPart): boolean =>
          spec.kind === through.kind && through.options.every((key) => spec[key] === wanted[key])
        const store =
          this.#made
            .filter((link) => link.from === from)
            .map((link) => this.#part(link.to))
            .find(fits) ??
          this.#add({ ...wanted, id: this.#freeId(`${id}-${through.kind}`, []), kind: through.kind }, true)
        this.#made.splice(
          this.#made.findIndex((link) => link.from === from && link.to === id),
          1,
        )
        this.#link(from, store.spec.id)
        this.#link(store.spec.id, id)
      }
    }
  }

  /** Merges parts of a kind that play together and have the same links. */
  #mergeTogether(): void {
    const leaders = new Map<string, PlannedPart>()
    for (const part of [...this.#parts.values()]) {
      if (part.kind.together !== true) continue
      const { id, kind } = part.spec
      const to = this.#links.filter(({ from }) => from === id).map((link) => link.to)
      const key = `${kind} ${to.sort().join(' ')}`
      const leader = leaders.get(key)
      if (leader === undefined) {
        leaders.set(key, part)
        continue
      }
      const merged = { ...leader, together: [...leader.together, part.spec] }
      leaders.set(key, merged)
      this.#parts.set(leader.spec.id, merged)
      this.#parts.delete(id)
    }
  }

  #add(spec: PartSpec, implied: boolean): PlannedPart {
    const kind = this.#kinds.find(({ description }) => description.kind === spec.kind)
    if (kind === undefined) {
      const known = this.#kinds.map(({ description }) => description.kind).join(', ')
      throw refused(`${spec.id} is of kind "${spec.kind}", and there are ${known}.`)
    }
    const part = { spec: completePart<PartSpec>(kind.description, spec), kind, implied, together: [] }
    this.#parts.set(spec.id, part)
    return part
  }

  #part(id: string): PlannedPart {
    const part = this.#parts.get(id)
    if (part === undefined) throw refused(`There is no part ${id} in this session.`)
    return part
  }

  #link(from: string, to: string): void {
    if (!this.#made.some((link) => link.from === from && link.to === to)) this.#made.push({ from, to })
  }

  #check(from: string, to: string): void {
    const giver = this.#part(from)
    const taker = this.#part(to)
    const { gives } = giver.kind.description
    const { takes } = taker.kind.description
    if (from === to) throw refused(`${from} is linked to itself.`)
    if (gives === 'objects' && takes === 'objects' && !sameSide(giver.kind.description, taker.kind.description)) {
      throw refused(
        `${from} (${giver.spec.kind}) and ${to} (${taker.spec.kind}) both know objects, but one sends them and the other takes received ones.`,
      )
    }
    if (gives !== null && takes !== null && (gives === takes || this.#between(gives, takes) !== null)) return
    throw refused(
      `${from} (${giver.spec.kind}) gives ${gives ?? 'nothing'}, and ${to} (${taker.spec.kind}) takes ${takes ?? 'nothing'}.`,
    )
  }

  /** Checks that what is sent has a taker. */
  #checkSent(): void {
    for (const { spec, kind } of this.#parts.values()) {
      const { side, gives } = kind.description
      if (side !== 'send' || gives === null || this.#made.some(({ from }) => from === spec.id)) continue
      throw new AppFailure('bad-spec', `${spec.id} is sent nowhere.`, `Add a part that takes ${gives} to be sent.`)
    }
  }

  #ordered(): PlannedPart[] {
    const ordered: PlannedPart[] = []
    const left = new Set(this.#parts.values())
    while (left.size > 0) {
      const ready = [...left].filter(
        ({ spec }) => !this.#made.some(({ from, to }) => to === spec.id && left.has(this.#part(from))),
      )
      if (ready.length === 0)
        throw refused(`The links lead in a circle: ${[...left].map(({ spec }) => spec.id).join(', ')}.`)
      for (const part of ready) {
        ordered.push(part)
        left.delete(part)
      }
    }
    return ordered
  }
}

/** Whether two parts may be linked by default: received data is not sent, nor sent data received. */
function sameSide(one: PartDescription, other: PartDescription): boolean {
  return one.side === undefined || other.side === undefined || one.side === other.side
}

function refused(sentence: string): AppFailure {
  return new AppFailure('bad-spec', sentence, 'Correct the parts and links of the session.')
}
