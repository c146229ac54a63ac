import { setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { guardedDatagrams } from '../guard/guarded-sockets.ts'
import { loadSystemCalls } from '../guard/system-calls.ts'
import { type SocketPort, socketLoop } from './socket-loop.ts'

/** Nice value of the reading thread when datagrams arrive fast. */
const READER_NICE = -10

/** On Linux a thread has its own priority; most users may not raise it, and their threads read at the default one. */
function raisePriority(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(READER_NICE)
  } catch {
    // Reads at the default priority.
  }
}

const [seconds, nanoseconds] = process.hrtime()
const shift = seconds * 1e3 + nanoseconds / 1e6 - performance.now()
const system = {
  now: () => performance.now() + shift,
  soon: (task: () => void) => void setTimeout(task, 1),
  again: (task: () => void) => void setImmediate(task),
  calls: loadSystemCalls,
  raisePriority,
}
socketLoop(parentPort as SocketPort, guardedDatagrams, system, workerData)
