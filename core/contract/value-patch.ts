type Scalar = string | number | boolean | null
type Fields = Readonly<Record<string, unknown>>
type Patches = Readonly<Record<string, ValuePatch>>

/**
 * What changes in a value of fields, lists and scalars. A scalar is the new value itself; a new list or record follows '='; '.' changes
 * the fields of a record, and takes others away; '#' sets the length of a list and changes its items by position.
 */
export type ValuePatch =
  | Scalar
  | readonly ['=', unknown]
  | readonly ['.', Patches]
  | readonly ['.', Patches, readonly string[]]
  | readonly ['#', number, Patches]

/**
 * Compares two values. Fields that are undefined count as absent.
 * @returns what makes `after` of `before`, with nothing of `after` in it but copies; undefined where they are equal
 */
export function patchBetween(before: unknown, after: unknown): ValuePatch | undefined {
  if (Object.is(before, after)) return undefined
  if (isList(after)) return isList(before) ? patchBetweenLists(before, after) : ['=', copied(after)]
  if (isFields(after)) return isFields(before) ? patchBetweenFields(before, after) : ['=', copied(after)]
  return isScalar(after) ? after : ['=', after]
}

/** Applies a patch. What it does not change stays the same object; a part that the value does not have is taken as empty. */
export function patched(value: unknown, patch: ValuePatch): unknown {
  if (!isList(patch)) return patch
  if (patch[0] === '=') return patch[1]
  if (patch[0] === '#') {
    const items = isList(value) ? value.slice(0, patch[1]) : []
    for (const [at, item] of Object.entries(patch[2])) items[Number(at)] = patched(items[Number(at)], item)
    return items
  }
  const fields: Fields = isFields(value) ? value : {}
  const [, changes, removed = []] = patch
  const entries = new Map(Object.entries(fields))
  for (const name of removed) entries.delete(name)
  for (const [name, change] of Object.entries(changes)) entries.set(name, patched(own(fields, name), change))
  return Object.fromEntries(entries)
}

/** A copy without fields that are undefined. */
export function copied(value: unknown): unknown {
  if (isList(value)) return value.map(copied)
  if (!isFields(value)) return value
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, copied(field)]))
}

function patchBetweenLists(before: readonly unknown[], after: readonly unknown[]): ValuePatch | undefined {
  const patches: Record<string, ValuePatch> = {}
  let changed = before.length !== after.length
  after.forEach((item, at) => {
    const patch = at < before.length ? patchBetween(before[at], item) : newValue(item)
    if (patch === undefined) return
    patches[at] = patch
    changed = true
  })
  return changed ? ['#', after.length, patches] : undefined
}

function patchBetweenFields(before: Fields, after: Fields): ValuePatch | undefined {
  const patches: [string, ValuePatch][] = []
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue
    const known = own(before, name)
    const patch = known === undefined ? newValue(value) : patchBetween(known, value)
    if (patch !== undefined) patches.push([name, patch])
  }
  const removed = Object.keys(before).filter(
    (name) => own(before, name) !== undefined && own(after, name) === undefined,
  )
  if (removed.length > 0) return ['.', Object.fromEntries(patches), removed]
  return patches.length > 0 ? ['.', Object.fromEntries(patches)] : undefined
}

const newValue = (value: unknown): ValuePatch => (isScalar(value) ? value : ['=', copied(value)])

const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined)

function isScalar(value: unknown): value is Scalar {
  return value === null || typeof value !== 'object'
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value)
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}
