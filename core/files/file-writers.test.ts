import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { ownBytes } from '../flow/lease.ts'
import type { DiskJob } from './disk-loop.ts'
import type { DiskThread } from './file-writer.ts'
import { FileWriters } from './file-writers.ts'

/** Threads that take jobs, and answer them later. */
function delayedThreads(): { readonly threads: string[][]; start(): DiskThread; answerAll(): void } {
  const threads: string[][] = []
  const delayed: (() => void)[] = []
  let answers = false
  const start = (): DiskThread => {
    const here: EventEmitter = new EventEmitter()
    const paths: string[] = []
    threads.push(paths)
    return {
      on: (event: string, listener: (...values: never[]) => void) => here.on(event, listener as () => void),
      postMessage: (jobs: readonly DiskJob[]) => {
        paths.push(...jobs.map(({ path }) => path))
        const answer = () => void here.emit('message', { outcomes: jobs.map(() => null), last: true })
        if (answers) queueMicrotask(answer)
        else delayed.push(answer)
      },
      ref: () => {},
      unref: () => {},
      terminate: () => {},
    }
  }
  const answerAll = (): void => {
    answers = true
    for (const answer of delayed) answer()
  }
  return { threads, start, answerAll }
}

describe('FileWriters', () => {
  test('a second thread starts once the first is behind, and a path stays with its thread', async () => {
    const { threads, start, answerAll } = delayedThreads()
    const writers = new FileWriters({ root: '/nowhere', onError: () => {}, startDisk: start })
    const file = (path: string, size: number): void => writers.write(path, ownBytes(new Uint8Array(size)))
    for (let number = 0; number < 50; number++) file(`small-${number}`, 10)
    await Promise.resolve()
    expect(threads.map((paths) => paths.length)).toEqual([50])
    file('long', 5 << 20)
    for (let number = 0; number < 100; number++) file(`small-${number}`, 20)
    await Promise.resolve()
    answerAll()
    await writers.close()
    expect(threads).toHaveLength(2)
    const [first = [], second = []] = threads
    expect(first.length + second.length).toBe(151)
    expect(second.length).toBeGreaterThan(10)
    for (const path of second) expect(Number(path.slice('small-'.length))).toBeGreaterThanOrEqual(50)
  })

  test('a source waits for many short files as for many bytes', async () => {
    const { start, answerAll } = delayedThreads()
    const writers = new FileWriters({ root: '/nowhere', onError: () => {}, startDisk: start })
    const some = (count: number): void => {
      for (let number = 0; number < count; number++) writers.write(`${number}`, ownBytes(new Uint8Array(1)))
    }
    some(2000)
    expect(writers.busy()).toBeNull()
    some(40_000)
    const wait = writers.busy()
    expect(wait).not.toBeNull()
    await Promise.resolve()
    answerAll()
    await wait
    expect(writers.busy()).toBeNull()
    await writers.close()
  })
})
