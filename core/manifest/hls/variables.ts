const VARIABLE = /\{\$([A-Za-z0-9_-]+)\}/g
const MAX_VARIABLES = 256
/** A line with its variables written out; longer ones are left as they are, and are then no address of a file. */
const MAX_LINE = 64 * 1024

/** Variables of a playlist (EXT-X-DEFINE, RFC 8216bis §4.4.2.3), by name. */
export class HlsVariables {
  readonly #values = new Map<string, string>()
  readonly #imported: HlsVariables | null

  /** @param imported variables of the multivariant playlist, which IMPORT names */
  constructor(imported: HlsVariables | null = null) {
    this.#imported = imported
  }

  /** Takes the attributes of an EXT-X-DEFINE. A QUERYPARAM is known to the player alone, and stays unknown. */
  define(attributes: ReadonlyMap<string, string>): void {
    if (this.#values.size >= MAX_VARIABLES) return
    const name = attributes.get('NAME')
    const imported = attributes.get('IMPORT')
    if (name !== undefined) this.#values.set(name, attributes.get('VALUE') ?? '')
    else if (imported !== undefined) {
      const value = this.#imported?.value(imported)
      if (value !== undefined) this.#values.set(imported, value)
    }
  }

  value(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** A line with the known variables written out. */
  written(line: string): string {
    if (!line.includes('{$')) return line
    let length = 0
    return line.replace(VARIABLE, (whole, name: string) => {
      const value = this.#values.get(name)
      length += value?.length ?? 0
      return value === undefined || length > MAX_LINE ? whole : value
    })
  }
}

/** The first variable of a text that is not written out; null without one. */
export function unknownVariable(text: string): string | null {
  return text.match(VARIABLE)?.[0] ?? null
}
