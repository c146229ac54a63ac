/** A list whose elements are made when they are written. */
export class LazyList<Element> {
  readonly length: number
  readonly at: (index: number) => Element

  constructor(length: number, at: (index: number) => Element) {
    this.length = length
    this.at = at
  }
}

/** Characters of a piece, at least. */
const PIECE = 1 << 16
/** Elements of a lazy list that are made at once. */
const TOGETHER = 64
/** Deeper values are written as a whole. */
const DEEPEST = 8

/** The text of `JSON.stringify(value, null, 1)` in pieces, and `end`; what is in lazy lists is made for its piece, and then forgotten. */
export function* jsonPieces(value: unknown, end = ''): Generator<string> {
  let piece = ''
  for (const part of partsOf(value, 0)) {
    piece += part
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield piece + end
}

function* partsOf(value: unknown, depth: number): Generator<string> {
  if (value instanceof LazyList) {
    yield* lazyParts(value, depth)
  } else if (depth > DEEPEST || typeof value !== 'object' || value === null) {
    yield indented(value, depth)
  } else if (Array.isArray(value)) {
    yield* between('[', value.entries(), ']', depth, () => '')
  } else {
    const entries = Object.entries(value).filter(([, each]) => each !== undefined)
    yield* between('{', entries.values(), '}', depth, (key) => `${JSON.stringify(key)}: `)
  }
}

function* between<Key>(
  open: string,
  entries: Iterable<[Key, unknown]>,
  close: string,
  depth: number,
  before: (key: Key) => string,
): Generator<string> {
  const line = lineOf(depth + 1)
  let next = open
  for (const [key, each] of entries) {
    yield `${next}${line}${before(key)}`
    yield* partsOf(each, depth + 1)
    next = ','
  }
  yield next === open ? open + close : `${lineOf(depth)}${close}`
}

function* lazyParts(list: LazyList<unknown>, depth: number): Generator<string> {
  if (list.length === 0) {
    yield '[]'
    return
  }
  for (let at = 0; at < list.length; at += TOGETHER) {
    const elements = Array.from({ length: Math.min(TOGETHER, list.length - at) }, (_, index) => list.at(at + index))
    // Without the brackets and the line before the last one.
    yield `${at === 0 ? '[' : ','}${indented(elements, depth).slice(1, -1 - lineOf(depth).length)}`
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
