import { AppFailure } from '../../failure/app-failure.ts'

/** What is wrong in a line of GPAC's grammar, and where: the column of its first character, from 1. */
export class GpacFault extends AppFailure {
  readonly column: number

  /** @param problem a sentence without capital and full stop */
  constructor(column: number, problem: string, advice: string = RIGHT_FORM) {
    super('bad-command-line', `Column ${column}: ${problem}.`, advice)
    this.column = column
  }
}

const RIGHT_FORM = 'Right form: routescope -i INPUT[:OPTION=VALUE] [FILTER] -o OUTPUT[:OPTION=VALUE].'

/** Names in a sentence: `(supported: a, b)`. */
export function supported(names: Iterable<string>): string {
  const sorted = [...new Set(names)].sort()
  return sorted.length === 0 ? '(supported: none)' : `(supported: ${sorted.join(', ')})`
}
