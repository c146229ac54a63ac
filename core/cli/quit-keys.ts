import { onOutputEnd } from './output.ts'

/** Ends a command on Ctrl-C, `q` on a terminal, SIGTERM, or when the reader of the output leaves. */
export class QuitKeys {
  /** Settles when the user asked to end. */
  readonly asked: Promise<void>
  #quit = false
  #release: () => void = () => {}

  /** @param stdinIsSource standard input brings packets, not keys */
  constructor(stdinIsSource: boolean) {
    this.asked = new Promise((resolve) => {
      const quit = (): void => {
        // The second request ends without a flush.
        if (this.#quit) process.exit(130)
        this.#quit = true
        resolve()
      }
      this.#release = listen(quit, stdinIsSource)
    })
  }

  get quit(): boolean {
    return this.#quit
  }

  close(): void {
    this.#release()
    this.#release = () => {}
  }
}

function listen(quit: () => void, stdinIsSource: boolean): () => void {
  const onKey = (data: Buffer): void => {
    const key = data.toString()
    if (key === 'q' || key === 'Q' || key === '\u0003') quit()
  }
  process.on('SIGINT', quit)
  process.on('SIGTERM', quit)
  const unlisten = onOutputEnd(quit)
  const terminal = process.stdin.isTTY && !stdinIsSource
  if (terminal) {
    process.stdin.setRawMode(true)
    process.stdin.resume()
    process.stdin.on('data', onKey)
  }
  return () => {
    process.off('SIGINT', quit)
    process.off('SIGTERM', quit)
    unlisten()
    if (!terminal) return
    process.stdin.off('data', onKey)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }
}
