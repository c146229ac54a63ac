import { createSocket } from 'node:dgram'
import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { type SocketPort, socketLoop } from './socket-loop.ts'

/** Urgency of the thread that reads. */
const READER_NICE = -10
/** Datagrams wait at most so long for others to be handed on with them. */
const WAKE_MS = 1

// On Linux a thread has a priority of its own; most users may not raise it, and their threads read as before.
if (process.platform === 'linux') {
  try {
    setPriority(READER_NICE)
  } catch {
    // Read with the priority there is.
  }
}
const [seconds, nanoseconds] = process.hrtime()
const shift = seconds * 1e3 + nanoseconds / 1e6 - performance.now()
const clock = { now: () => performance.now() + shift, soon: (task: () => void) => void setTimeout(task, WAKE_MS) }
socketLoop(parentPort as SocketPort, createSocket, clock, workerData)
