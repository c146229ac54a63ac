import { CodecError } from '../../bytes/codec-error.ts'
import { asToi, type Toi } from '../../contract/ids.ts'

/** Longest expression accepted. */
const MAX_TEXT = 256
/** Deepest nesting of brackets and signs. */
const MAX_DEPTH = 32
/** Largest TOI (48 bits). */
const MAX_TOI = 0xffff_ffff_ffff

/**
 * `ProtectedObject@sourceTOI`: an expression in C syntax with at most one variable, `TOI`, the TOI of the FEC (super-)object.
 * Its value is the TOI of the source object. A/331 A.4.3.3.
 */
export type ToiExpression = {
  readonly text: string
  /** Value for a repair TOI; null where it is not a TOI (negative, too large, division by zero). */
  valueAt(repairToi: Toi): Toi | null
  /** `x*TOI + y` where the expression has that form, else null. */
  readonly linear: { readonly x: number; readonly y: number } | null
}

type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'toi' }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Node; readonly right: Node }

/** Operators, weakest first; those of one row have equal precedence and associate to the left. */
const BINARY: readonly (readonly string[])[] = [['|'], ['^'], ['&'], ['<<', '>>'], ['+', '-'], ['*', '/', '%']]

/** @throws CodecError `fec-toi` where the text is not such an expression */
export function parseToiExpression(text: string): ToiExpression {
  const node = new Parser(text).parse()
  const linear = linearForm(node)
  return {
    text,
    linear: linear !== null && Number.isSafeInteger(linear.x) && Number.isSafeInteger(linear.y) ? linear : null,
    valueAt: (repairToi) => toiOf(evaluate(node, repairToi)),
  }
}

/** `x*TOI + y`: the form of `SourceTOI@x` and `@y`, and of a missing expression. */
export function linearToi(x: number, y: number): ToiExpression {
  return { text: `${x}*TOI+${y}`, linear: { x, y }, valueAt: (repairToi) => toiOf(x * repairToi + y) }
}

/**
 * The repair TOI whose source object is `sourceToi`.
 * @returns null where there is none, where it cannot be determined, or where every repair TOI has this one source
 */
export function repairToiOf(expression: ToiExpression, sourceToi: Toi): Toi | null {
  if (expression.linear === null || expression.linear.x === 0) return null
  return toiOf((sourceToi - expression.linear.y) / expression.linear.x)
}

function toiOf(value: number): Toi | null {
  return Number.isInteger(value) && value >= 0 && value <= MAX_TOI ? asToi(value) : null
}

class Parser {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    if (text.length > MAX_TEXT) throw new CodecError('fec-toi', MAX_TEXT, `an expression of ${text.length} characters`)
    this.#text = text
  }

  parse(): Node {
    const node = this.#binary(0)
    this.#space()
    if (this.#at < this.#text.length) this.#fail('expected the end')
    return node
  }

  #binary(level: number): Node {
    const operators = BINARY[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      this.#space()
      const operator = operators.find((each) => this.#text.startsWith(each, this.#at))
      if (operator === undefined) return left
      this.#at += operator.length
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1) }
    }
  }

  #unary(): Node {
    this.#space()
    const character = this.#text[this.#at]
    if (character !== '-' && character !== '+' && character !== '(') return this.#atom()
    if (++this.#depth > MAX_DEPTH) this.#fail('nested too deeply')
    this.#at++
    let node: Node
    if (character === '(') {
      node = this.#binary(0)
      this.#space()
      if (this.#text[this.#at] !== ')') this.#fail('expected )')
      this.#at++
    } else {
      node = this.#unary()
      if (character === '-') node = { kind: 'binary', operator: '-', left: { kind: 'number', value: 0 }, right: node }
    }
    this.#depth--
    return node
  }

  #atom(): Node {
    const match = /^(?:0[xX][0-9a-fA-F]{1,12}|[0-9]{1,15}|[A-Za-z_]+)/.exec(this.#text.slice(this.#at))
    if (match === null) this.#fail('expected a number, TOI or (')
    const word = match[0]
    if (/^[A-Za-z_]/.test(word)) {
      if (word.toUpperCase() !== 'TOI') this.#fail(`the only variable is TOI, got ${word}`)
      this.#at += word.length
      return { kind: 'toi' }
    }
    this.#at += word.length
    // A leading zero means octal in C, but no sender uses it so.
    return { kind: 'number', value: Number(word) }
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #fail(what: string): never {
    throw new CodecError('fec-toi', this.#at, `sourceTOI "${this.#text}": ${what} at ${this.#at}`)
  }
}

function evaluate(node: Node, toi: Toi): number {
  if (node.kind === 'number') return node.value
  if (node.kind === 'toi') return toi
  const left = evaluate(node.left, toi)
  const right = evaluate(node.right, toi)
  return operate(node.operator, left, right)
}

/** C's arithmetic on whole numbers; NaN where the result is undefined. */
function operate(operator: string, left: number, right: number): number {
  if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right)) return Number.NaN
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? Number.NaN : Math.trunc(left / right)
    case '%':
      return right === 0 ? Number.NaN : left % right
    case '<<':
      return right < 0 || right > 48 ? Number.NaN : left * 2 ** right
    case '>>':
      return right < 0 || right > 48 ? Number.NaN : Math.floor(left / 2 ** right)
    case '&':
      return Number(BigInt(left) & BigInt(right))
    case '|':
      return Number(BigInt(left) | BigInt(right))
    default:
      return Number(BigInt(left) ^ BigInt(right))
  }
}

function linearForm(node: Node): { x: number; y: number } | null {
  if (node.kind === 'number') return { x: 0, y: node.value }
  if (node.kind === 'toi') return { x: 1, y: 0 }
  const left = linearForm(node.left)
  const right = linearForm(node.right)
  if (left === null || right === null) return null
  if (node.operator === '+') return { x: left.x + right.x, y: left.y + right.y }
  if (node.operator === '-') return { x: left.x - right.x, y: left.y - right.y }
  if (node.operator === '*' && (left.x === 0 || right.x === 0)) {
    return { x: left.x * right.y + right.x * left.y, y: left.y * right.y }
  }
  if (left.x !== 0 || right.x !== 0) return null
  const value = operate(node.operator, left.y, right.y)
  return Number.isSafeInteger(value) ? { x: 0, y: value } : null
}
