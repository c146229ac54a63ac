import { guardErrors } from '../guard/guard-errors.ts'
import { onOutputEnd } from './output.ts'
import { onUnexpectedEnd } from './unexpected.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const
/** Time in which a signal that was passed on arrives. */
const TWIN_MS = 300

/**
 * Calls a function at the first SIGINT or SIGTERM, which ends a command orderly. The system then handles signals again: the
 * second one ends the process at once, whatever it waits for or computes.
 * @returns the function that removes the listener
 */
export function onFirstSignal(quit: () => void): () => void {
  const remove = (): void => {
    for (const signal of SIGNALS) process.off(signal, first)
  }
  const first = (signal: NodeJS.Signals): void => {
    remove()
    if (signal === 'SIGINT' && process.stdin.isTTY && process.env.npm_lifecycle_event !== undefined) ignoreTwin()
    quit()
  }
  for (const signal of SIGNALS) process.on(signal, first)
  return remove
}

/** npm passes Ctrl-C on to a program that has it from the terminal already: the second one is not the user's. */
function ignoreTwin(): void {
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  setTimeout(() => process.off('SIGINT', ignore), TWIN_MS).unref()
}

/** Passes signals on to a program that this process waits for. Ctrl-C on a terminal reaches the program by itself. */
export function passSignals(to: { kill(signal: NodeJS.Signals): unknown }): void {
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) to.kill(signal)
    })
}

/**
 * Ends a command on Ctrl-C, `q` on a terminal, SIGTERM, or when the reader of the output leaves. After the first request a
 * signal ends the process at once.
 */
export class QuitKeys {
  /** Settles when the user asked to end. */
  readonly asked: Promise<void>
  #quit = false
  #release: () => void = () => {}

  /** @param stdinIsSource standard input brings packets, not keys */
  constructor(stdinIsSource: boolean) {
    this.asked = new Promise((resolve) => {
      this.#release = listen(() => {
        this.#quit = true
        this.close()
        resolve()
      }, stdinIsSource)
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

/** @returns the function that removes the listeners; the system then handles signals, and the terminal its keys */
function listen(quit: () => void, stdinIsSource: boolean): () => void {
  const onKey = (data: Buffer): void => {
    const key = data.toString()
    if (key === 'q' || key === 'Q' || key === '\u0003') quit()
  }
  const removeSignals = onFirstSignal(quit)
  const unlisten = onOutputEnd(quit)
  const removeUnexpected = onUnexpectedEnd(quit)
  const terminal = process.stdin.isTTY && !stdinIsSource
  if (terminal) {
    guardErrors({ topic: 'engine', what: 'The terminal' }, process.stdin)
    process.stdin.setRawMode(true)
    process.stdin.resume()
    process.stdin.on('data', onKey)
  }
  return () => {
    removeSignals()
    unlisten()
    removeUnexpected()
    if (!terminal) return
    process.stdin.off('data', onKey)
    process.stdin.setRawMode(false)
    process.stdin.pause()
  }
}
