import { type OptionRow, SESSION_DURATION } from '../../contract/option-row.ts'
import { checkOption } from '../../contract/option-values.ts'
import type { OptionValue } from '../../contract/session-spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'

/**
 * A value in a JSON document with its path, for errors that name the field. Each reader returns one type of value.
 * @throws AppFailure bad-spec, from each reader, where the document has another type
 */
export class SpecField {
  readonly raw: unknown
  readonly path: string

  constructor(raw: unknown, path: string) {
    this.raw = raw
    this.path = path
  }

  refuse(problem: string): AppFailure {
    return new AppFailure(
      'bad-spec',
      `${this.path} ${problem}.`,
      'Correct the session file, or save it again from the app.',
    )
  }

  object(): Record<string, unknown> {
    if (typeof this.raw !== 'object' || this.raw === null || Array.isArray(this.raw))
      throw this.refuse('must be an object')
    return this.raw as Record<string, unknown>
  }

  array(): SpecField[] {
    if (!Array.isArray(this.raw)) throw this.refuse('must be a list')
    return this.raw.map((item, index) => new SpecField(item, `${this.path}[${index}]`))
  }

  get(fields: Record<string, unknown>, name: string): SpecField {
    const field = new SpecField(fields[name], `${this.path}.${name}`)
    if (field.raw === undefined) throw field.refuse('is missing')
    return field
  }

  optional(fields: Record<string, unknown>, name: string): SpecField | undefined {
    return fields[name] === undefined ? undefined : new SpecField(fields[name], `${this.path}.${name}`)
  }

  only(fields: Record<string, unknown>, known: readonly string[]): void {
    for (const name of Object.keys(fields)) {
      if (!known.includes(name))
        throw new SpecField(fields[name], `${this.path}.${name}`).refuse(
          `is not known here (known: ${known.join(', ')})`,
        )
    }
  }

  string(): string {
    if (typeof this.raw !== 'string' || this.raw === '') throw this.refuse('must be a text that is not empty')
    return this.raw
  }

  boolean(): boolean {
    if (typeof this.raw !== 'boolean') throw this.refuse('must be true or false')
    return this.raw
  }

  /** Reads the value of an option. */
  option(row: Pick<OptionRow, 'type'>): OptionValue {
    const reading = checkOption(row, this.raw)
    if (!reading.ok)
      throw this.refuse(typeof this.raw === 'number' ? `${reading.problem}, not ${this.raw}` : reading.problem)
    return reading.value
  }

  /** Reads a whole number from 0. */
  count(): number {
    if (typeof this.raw !== 'number' || !Number.isSafeInteger(this.raw) || this.raw < 0) {
      throw this.refuse('must be a whole number from 0')
    }
    return this.raw
  }

  duration(): number {
    return this.option({ type: SESSION_DURATION }) as number
  }

  port(): number {
    const port = this.count()
    if (port > 65535) throw this.refuse(`is ${port}; a port is 0 to 65535`)
    return port
  }

  oneOf<const Values extends readonly string[]>(values: Values): Values[number] {
    if (typeof this.raw !== 'string' || !values.includes(this.raw))
      throw this.refuse(`must be one of ${values.join(', ')}`)
    return this.raw
  }
}
