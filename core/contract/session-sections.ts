import type { SectionChange, SectionMap, SectionName, SessionSnapshot } from './snapshot.ts'
import { patched } from './value-patch.ts'
import { wholeSnapshot } from './whole-snapshot.ts'

/** One object, so that identity stays. */
const NO_TRAFFIC: SectionMap['graph'] = []

type Sections = { -readonly [S in SectionName]?: SectionMap[S] }

/**
 * Collects the sections of one session from their changes. An unchanged value stays the same object, so that views can compare
 * by identity.
 */
export class SessionSections {
  /** Sections by part, in the order of arrival; the session's own under ''. */
  readonly #parts = new Map<string, Sections>()
  /** Composed lists, returned again while their items are the same. */
  readonly #lists = new Map<string, readonly unknown[]>()

  take(changes: readonly SectionChange[]): void {
    for (const change of changes) {
      const { part, section } = change
      const sections = this.#parts.get(part ?? '') ?? {}
      this.#parts.set(part ?? '', sections)
      const value = 'patch' in change ? patched(sections[section], change.patch) : change.value
      if (value === null) delete sections[section]
      else Object.assign(sections, { [section]: value })
    }
  }

  /**
   * Composes the snapshot of one receiver and its linked parts.
   * @param receiver absent or unknown: the first one
   * @returns null before the session's own section has arrived
   */
  snapshot(sessionId: string, receiver?: string | null): SessionSnapshot | null {
    const { session, graph = NO_TRAFFIC } = this.#parts.get('') ?? {}
    if (session === undefined) return null
    const receivers = this.#receivers(session)
    const shown = receivers.find(({ id }) => id === receiver) ?? receivers[0]
    const linked = shown === undefined || receivers.length < 2 ? null : partsAround(session, shown.id)
    return wholeSnapshot(sessionId, (name) => this.#all(session, name, linked), { session, graph }, receivers)
  }

  #receivers(session: SectionMap['session']): SessionSnapshot['receivers'] {
    const ids = session.parts.filter(({ id }) => this.#parts.get(id)?.totals !== undefined).map(({ id }) => id)
    const found = ids.map((id) => {
      const around = ids.length < 2 ? null : partsAround(session, id)
      const labels = this.#all(session, 'source', around).map(({ label }) => label)
      return { id, label: labels.join(' ') || id }
    })
    return this.#same('receivers', found, (a, b) => a.id === b.id && a.label === b.label)
  }

  #all<S extends SectionName>(
    { parts }: SectionMap['session'],
    name: S,
    linked: ReadonlySet<string> | null,
  ): readonly SectionMap[S][] {
    const values: SectionMap[S][] = []
    for (const { id } of parts) {
      const value = linked === null || linked.has(id) ? this.#parts.get(id)?.[name] : undefined
      if (value !== undefined) values.push(value as SectionMap[S])
    }
    return this.#same(name, values, Object.is)
  }

  #same<T>(key: string, list: readonly T[], equal: (a: T, b: T) => boolean): readonly T[] {
    const before = this.#lists.get(key) as readonly T[] | undefined
    if (before !== undefined && before.length === list.length && list.every((each, at) => equal(each, before[at] as T)))
      return before
    this.#lists.set(key, list)
    return list
  }
}

/** Returns a receiver, the parts that feed it, and those it feeds. */
function partsAround({ links }: SectionMap['session'], id: string): ReadonlySet<string> {
  const around = new Set([id])
  const follow = (part: string, from: 'from' | 'to', to: 'from' | 'to'): void => {
    for (const link of links) {
      if (link[from] !== part || around.has(link[to])) continue
      around.add(link[to])
      follow(link[to], from, to)
    }
  }
  follow(id, 'from', 'to')
  const behind = [...around]
  // Its sources; a recorder beside it is fed by the same source.
  follow(id, 'to', 'from')
  for (const source of around) if (!behind.includes(source)) follow(source, 'from', 'to')
  return around
}
