import { createSocket } from 'node:dgram'
import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { type SocketPort, socketLoop } from './socket-loop.ts'

/** Nice value of the reading thread. */
const READER_NICE = -10
/** Longest time a datagram waits to be passed on with others. */
const WAKE_MS = 1

// On Linux a thread has its own priority; most users may not raise it, and their threads read at the default one.
if (process.platform === 'linux') {
  try {
    setPriority(READER_NICE)
  } catch {
    // Reads at the default priority.
  }
}
const [seconds, nanoseconds] = process.hrtime()
const shift = seconds * 1e3 + nanoseconds / 1e6 - performance.now()
const clock = { now: () => performance.now() + shift, soon: (task: () => void) => void setTimeout(task, WAKE_MS) }
socketLoop(parentPort as SocketPort, createSocket, clock, workerData)
