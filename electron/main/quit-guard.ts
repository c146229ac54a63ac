/** Actions of a QuitGuard. */
export type QuitGuardOptions = {
  readonly quit: () => void
  /** Shows the folders that a quit waits for; null: nothing is waited for any more. */
  readonly show: (folders: readonly string[] | null) => void
}

/**
 * Holds back quitting while dumps are written. The quit goes on by itself once they are; it goes on at once when it is asked for
 * again.
 */
export class QuitGuard {
  readonly #options: QuitGuardOptions
  #writing: readonly string[] = []
  #waiting = false
  #forced = false

  constructor(options: QuitGuardOptions) {
    this.#options = options
  }

  /** Folders that a quit waits for; null where none was asked for. */
  get waitsFor(): readonly string[] | null {
    return this.#waiting ? this.#writing : null
  }

  /** Takes the folders of all dumps under way. */
  writing(folders: readonly string[]): void {
    this.#writing = folders
    if (!this.#waiting) return
    if (folders.length === 0) this.now()
    else this.#options.show(folders)
  }

  /** Prevents the event of a quit that would end a dump. */
  hold(event: { preventDefault(): void }): void {
    if (this.#forced || this.#writing.length === 0) return
    event.preventDefault()
    if (this.#waiting) {
      this.now()
      return
    }
    this.#waiting = true
    this.#options.show(this.#writing)
  }

  /** Quits without waiting. */
  now(): void {
    this.#forced = true
    this.#waiting = false
    this.#options.show(null)
    // The event that asks for it may be on its way: quitting within it has no effect.
    setImmediate(this.#options.quit)
  }

  /** Withdraws the quit. */
  stay(): void {
    if (!this.#waiting) return
    this.#waiting = false
    this.#options.show(null)
  }
}
