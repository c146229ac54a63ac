/** Version of a set of numbers: grows when one of them differs from the last call. */
export class Version {
  #before: readonly number[] = []
  #version = 0

  of(...now: readonly number[]): number {
    if (now.length !== this.#before.length || now.some((each, at) => each !== this.#before[at])) {
      this.#before = now
      this.#version++
    }
    return this.#version
  }
}
