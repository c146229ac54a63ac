/** MPUs behind the newest whose absence is remembered; more than the longest gap that is one. */
const WINDOW = 128

/** MPUs of an asset without packets: their count, and, among the newest, which, in case they arrive late. */
export class SkippedMpus {
  count = 0
  /** By the last bits of the number: 1 where it was skipped. */
  readonly #skipped = new Uint8Array(WINDOW)

  /** MPU `mpu` is the newest, and the `missed` before it had no packet; fewer than WINDOW. */
  newest(mpu: number, missed: number): void {
    for (let back = 1; back <= missed; back++) this.#skipped[(mpu - back) & (WINDOW - 1)] = 1
    this.#skipped[mpu & (WINDOW - 1)] = 0
    this.count += missed
  }

  /** MPU `mpu`, less than WINDOW before the newest, has a packet after all. */
  late(mpu: number): void {
    const at = mpu & (WINDOW - 1)
    if (this.#skipped[at] === 0) return
    this.#skipped[at] = 0
    this.count--
  }

  /** The encoder counts anew: what follows is not compared with former numbers. */
  restart(): void {
    this.#skipped.fill(0)
  }
}
