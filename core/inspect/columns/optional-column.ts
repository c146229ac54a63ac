/** A column of numbers that most rows do not have; allocated at the first. */
export class OptionalColumn {
  #values: Float64Array | null = null

  /** Null removes the value. */
  set(row: number, value: number | null): void {
    let values = this.#values
    if (values === null) {
      if (value === null) return
      values = new Float64Array(1024).fill(Number.NaN)
    }
    if (row >= values.length) {
      if (value === null) return
      const grown = new Float64Array(Math.max(row + 1, values.length * 2)).fill(Number.NaN)
      grown.set(values)
      values = grown
    }
    values[row] = value ?? Number.NaN
    this.#values = values
  }

  get(row: number): number | null {
    const value = this.#values?.[row]
    return value === undefined || Number.isNaN(value) ? null : value
  }
}
