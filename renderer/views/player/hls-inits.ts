/**
 * Holds back media until the initialisation segment is there that the library asks for at the same time: by it, media is looked at and
 * gaps before it are filled.
 */
export class PendingInits {
  readonly #waiting = new Map<string, (() => void)[]>()

  /** An initialisation segment was asked for. @param url its address */
  begun(url: string): void {
    if (!this.#waiting.has(url)) this.#waiting.set(url, [])
  }

  /** It came, or does not come. */
  over(url: string): void {
    const waiting = this.#waiting.get(url) ?? []
    this.#waiting.delete(url)
    for (const run of waiting) run()
  }

  /** Runs at once where it is not waited for. @param url null: there is none */
  after(url: string | null, run: () => void): void {
    const waiting = url === null ? undefined : this.#waiting.get(url)
    if (waiting === undefined) run()
    else waiting.push(run)
  }
}
