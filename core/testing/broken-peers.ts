import { connect } from 'node:net'
import { seededBelow } from './seeded.ts'

/** What a peer sends, and how it leaves: it resets the connection, or closes it in the ordinary way. */
export type BrokenStage = {
  readonly name: string
  readonly bytes: Uint8Array
  /** `once`: at once; `turn`: one turn later; `answer`: after the first bytes of an answer. */
  readonly leaves: 'once' | 'turn' | 'answer'
  readonly resets: boolean
}

/** Cuts of one conversation, at least its beginning and its end. */
const CUTS = 24
const GARBLED = 12
const LEAVES = ['once', 'turn', 'answer'] as const

/**
 * Every stage of a conversation at which a peer can break it: cut after a number of bytes, and with bytes replaced, doubled,
 * left out or followed by garbage. The same for the same seed.
 */
export function brokenStages(name: string, text: string | Uint8Array, seed: number): BrokenStage[] {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : Buffer.from(text)
  const below = seededBelow(seed)
  const stages: BrokenStage[] = []
  const add = (how: string, sent: Uint8Array): void => {
    const leaves = LEAVES[stages.length % 3] ?? 'once'
    stages.push({ name: `${name}, ${how}`, bytes: sent, leaves, resets: below(4) > 0 })
  }
  const step = Math.max(1, Math.floor(bytes.length / CUTS))
  for (let at = 0; at <= bytes.length; at += step) add(`cut at ${at}`, bytes.subarray(0, at))
  for (const leaves of LEAVES)
    for (const resets of [true, false]) stages.push({ name: `${name}, whole, ${leaves}`, bytes, leaves, resets })
  for (let round = 0; round < GARBLED; round++) {
    const at = below(bytes.length + 1)
    const junk = Buffer.from(Array.from({ length: 1 + below(60) }, () => below(256)))
    const rest = bytes.subarray(at)
    if (round % 4 === 0) add(`junk at ${at}`, Buffer.concat([bytes.subarray(0, at), junk, rest]))
    else if (round % 4 === 1)
      add(`replaced at ${at}`, Buffer.concat([bytes.subarray(0, at), junk, rest.subarray(junk.length)]))
    else if (round % 4 === 2)
      add(`without ${junk.length} at ${at}`, Buffer.concat([bytes.subarray(0, at), rest.subarray(junk.length)]))
    else add(`doubled at ${at}`, Buffer.concat([bytes.subarray(0, at), bytes, rest]))
  }
  return stages
}

/** Longest wait for an answer that a stage may never get. */
const ANSWER_MS = 200
const AT_A_TIME = 32

/** Plays stages against a port or a Unix socket, several at a time. @returns how many of them connected */
export async function playStages(to: number | string, stages: readonly BrokenStage[]): Promise<number> {
  const queue = [...stages]
  let connected = 0
  const worker = async (): Promise<void> => {
    for (let stage = queue.shift(); stage !== undefined; stage = queue.shift()) if (await play(to, stage)) connected++
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  return connected
}

function play(to: number | string, { bytes, leaves, resets }: BrokenStage): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1')
    let connected = false
    // A Unix socket knows no reset.
    const leave = (): void => void (resets && typeof to === 'number' ? socket.resetAndDestroy() : socket.destroy())
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(connected))
    socket.on('connect', () => {
      connected = true
      socket.write(bytes)
      if (leaves === 'once') leave()
      else if (leaves === 'turn') setImmediate(leave)
      else {
        const timer = setTimeout(leave, ANSWER_MS)
        socket.once('data', () => {
          clearTimeout(timer)
          leave()
        })
      }
    })
  })
}
