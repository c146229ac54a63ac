/** Gives a version to numbers that are compared when it is asked for: it grows when one of them is another than before. */
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
