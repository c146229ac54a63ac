import fs from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { type DiskPort, diskLoop } from './disk-loop.ts'

/** Niceness of the threads that write. */
const WRITER_NICE = 10

// On Linux this is the thread's own priority: threads that read sockets run before threads that write files.
if (process.platform === 'linux') setPriority(WRITER_NICE)
diskLoop(parentPort as DiskPort, fs, workerData)
