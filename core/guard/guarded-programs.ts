import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { type GuardedPeer, guardErrors } from './guard-errors.ts'

const PROGRAM: GuardedPeer = { topic: 'engine', what: 'A program' }
const OUTPUT: GuardedPeer = { topic: 'engine', what: "A program's output" }
const INPUT: GuardedPeer = { topic: 'engine', what: "A program's input" }

/** Starts a program whose output is read. Errors of it and of its streams are reported and dropped. */
export function startReadProgram(
  path: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): ChildProcessByStdio<null, Readable, Readable> {
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'], env, windowsHide: true })
  guardErrors(PROGRAM, child)
  // A program that could not be started may have no streams.
  for (const stream of [child.stdout, child.stderr] as (Readable | null)[])
    if (stream !== null) guardErrors(OUTPUT, stream)
  return child
}

/** A program with input and outputs of its own. */
export type PipedProgram = ChildProcessByStdio<Writable, Readable, Readable>

/** Starts a program that is fed and read. Errors of it and of its streams are reported and dropped. */
export function startPipedProgram(path: string, args: readonly string[]): PipedProgram {
  const child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true })
  guardErrors(PROGRAM, child)
  if ((child.stdin as Writable | null) !== null) guardErrors(INPUT, child.stdin)
  for (const stream of [child.stdout, child.stderr] as (Readable | null)[])
    if (stream !== null) guardErrors(OUTPUT, stream)
  return child
}

/** Starts a program that goes on without this one, and whose output nobody reads. */
export function startDetachedProgram(path: string, args: readonly string[]): void {
  const child = spawn(path, args, { stdio: 'ignore', detached: true })
  guardErrors(PROGRAM, child)
  child.unref()
}

/** Starts a program on the streams of this one. */
export function startAttachedProgram(path: string, args: readonly string[]): ChildProcess {
  const child = spawn(path, args, { stdio: 'inherit' })
  guardErrors(PROGRAM, child)
  return child
}
