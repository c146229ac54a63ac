import { Worker } from 'node:worker_threads'
import { type GuardedPeer, guardErrors } from './guard-errors.ts'
import { takeThreadError } from './last-resort.ts'

const THREAD: GuardedPeer = { topic: 'engine', what: 'A thread' }

/**
 * Starts a thread.
 * @param ended called once where it ends by itself: with its error, or with its status
 */
export function startThread(script: string | URL, workerData: unknown, ended: (error: Error) => void): Worker {
  const thread = new Worker(script, { workerData })
  guardErrors(THREAD, thread)
  let over = false
  const end = (error: Error): void => {
    if (over) return
    over = true
    ended(error)
  }
  thread.on('error', (error) => {
    takeThreadError(error)
    end(error)
  })
  thread.on('messageerror', end)
  thread.on('exit', (status) => end(new Error(`The thread ended with status ${status}.`)))
  return thread
}
