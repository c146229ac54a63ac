/**
 * Elements of a lazy list, by how they are made: `short` ones many at once; `long` ones one by one; `nested` ones one by one as well,
 * with lazy lists in them, and nothing behind a getter.
 */
type LazyElements = 'short' | 'long' | 'nested'

/** A list whose elements are made when they are written. */
export class LazyList<Element> {
  readonly length: number
  readonly at: (index: number) => Element
  readonly elements: LazyElements

  constructor(length: number, at: (index: number) => Element, elements: LazyElements = 'short') {
    this.length = length
    this.at = at
    this.elements = elements
  }
}

/** A value that takes long to make: others have their turn where `make` yields. What it returns may have lazy lists in it. */
export class MadeInTurns<Value> {
  readonly make: () => Generator<void, Value>

  constructor(make: () => Generator<void, Value>) {
    this.make = make
  }
}

/** Part of the text where a piece ends before its time. */
const TURN = ''
/** Characters of a piece, at least, but where a value is made in turns. */
const PIECE = 1 << 16
/** Short elements of a list that are made and written at once. */
const TOGETHER = 64

/** The text of `JSON.stringify(value, null, 1)` in pieces, and `end`; what is in lazy lists is made for its piece, and then forgotten. */
export function* jsonPieces(value: unknown, end = ''): Generator<string> {
  const holders = new Set<unknown>()
  findHolders(value, holders)
  let piece = ''
  for (const part of partsOf(value, 0, holders)) {
    piece += part
    if (piece.length < PIECE && part !== TURN) continue
    yield piece
    piece = ''
  }
  yield piece + end
}

/** Finds the values with lazy lists in them, none of which is behind a getter, which are written a part at a time. @returns true for one of these */
function findHolders(value: unknown, into: Set<unknown>): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof LazyList || value instanceof MadeInTurns) return true
  let holds = false
  for (const each of Object.values(value)) if (findHolders(each, into)) holds = true
  if (holds) into.add(value)
  return holds
}

function* partsOf(value: unknown, depth: number, holders: ReadonlySet<unknown>): Generator<string> {
  if (value instanceof MadeInTurns) {
    yield* nested(yield* inTurns(value), depth)
  } else if (value instanceof LazyList && value.elements === 'nested') {
    yield* nestedElements(value, depth)
  } else if (value instanceof LazyList) {
    yield* elements(value.length, value.at, depth, value.elements === 'long' ? 1 : TOGETHER)
  } else if (!holders.has(value)) {
    if (Array.isArray(value)) yield* elements(value.length, (at) => value[at], depth)
    else yield indented(value, depth)
  } else if (Array.isArray(value)) {
    yield* between('[', value.entries(), ']', depth, holders, () => '')
  } else {
    const entries = Object.entries(value as object).filter(([, each]) => each !== undefined)
    yield* between('{', entries.values(), '}', depth, holders, (key) => `${JSON.stringify(key)}: `)
  }
}

function* between<Key>(
  open: string,
  entries: Iterable<[Key, unknown]>,
  close: string,
  depth: number,
  holders: ReadonlySet<unknown>,
  before: (key: Key) => string,
): Generator<string> {
  const line = lineOf(depth + 1)
  let next = open
  for (const [key, each] of entries) {
    yield `${next}${line}${before(key)}`
    yield* partsOf(each, depth + 1, holders)
    next = ','
  }
  yield next === open ? open + close : `${lineOf(depth)}${close}`
}

function* nestedElements({ length, at }: LazyList<unknown>, depth: number): Generator<string> {
  if (length === 0) {
    yield '[]'
    return
  }
  for (let index = 0; index < length; index++) {
    yield `${index === 0 ? '[' : ','}${lineOf(depth + 1)}`
    yield* nested(at(index), depth + 1)
  }
  yield `${lineOf(depth)}]`
}

/** A value that was made while the text is. */
function* nested(value: unknown, depth: number): Generator<string> {
  const holders = new Set<unknown>()
  findHolders(value, holders)
  yield* partsOf(value, depth, holders)
}

function* inTurns<Value>({ make }: MadeInTurns<Value>): Generator<string, Value> {
  const making = make()
  for (let step = making.next(); ; step = making.next()) {
    if (step.done === true) return step.value
    yield TURN
  }
}

/** A list of elements without lazy lists in them. */
function* elements(
  length: number,
  elementAt: (index: number) => unknown,
  depth: number,
  together = TOGETHER,
): Generator<string> {
  if (length === 0) {
    yield '[]'
    return
  }
  for (let at = 0; at < length; at += together) {
    const some = Array.from({ length: Math.min(together, length - at) }, (_, index) => elementAt(at + index))
    // Without the brackets and the line before the last one.
    yield `${at === 0 ? '[' : ','}${indented(some, depth).slice(1, -1 - lineOf(depth).length)}`
  }
  yield `${lineOf(depth)}]`
}

/** A whole value at its depth: as deep in arrays, without what is around it. */
function indented(value: unknown, depth: number): string {
  let nested = value
  for (let level = 0; level < depth; level++) nested = [nested]
  const text = JSON.stringify(nested, null, 1)
  const around = 2 * depth + (depth * depth) / 2
  return text.slice(around + depth / 2, text.length - around + depth / 2)
}

function lineOf(depth: number): string {
  return `\n${' '.repeat(depth)}`
}
