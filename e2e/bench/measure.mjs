import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '..', '..')
export const cli = join(root, 'dist', 'cli', 'routescope.cjs')

/** @typedef {{ seconds: number, peakBytes: number | null, status: number, stdout: string, stderr: string }} Run */

/**
 * Runs a command to its end. Peak memory is the kernel's own high-water mark (Linux), read while the process runs.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {(text: string) => void} [onStderr] called with its output while it runs
 * @returns {Promise<Run>}
 */
export function run(command, args, onStderr) {
  const started = process.hrtime.bigint()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let peakBytes = /** @type {number | null} */ (null)
  const status = `/proc/${child.pid}/status`
  const watch = setInterval(() => {
    if (!existsSync(status)) return
    try {
      const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]
      if (kib !== undefined) peakBytes = Math.max(peakBytes ?? 0, Number(kib) * 1024)
    } catch {
      // The process ended between the two calls.
    }
  }, 10)
  /** @type {Buffer[]} */
  const out = []
  /** @type {Buffer[]} */
  const err = []
  child.stdout.on('data', (chunk) => out.push(chunk))
  child.stderr.on('data', (chunk) => {
    err.push(chunk)
    onStderr?.(String(chunk))
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(watch)
      resolve({
        seconds: Number(process.hrtime.bigint() - started) / 1e9,
        peakBytes,
        status: code ?? 1,
        stdout: Buffer.concat(out).toString(),
        stderr: Buffer.concat(err).toString(),
      })
    })
  })
}

/**
 * @param {Run} finished
 * @param {string} what
 */
export function mustSucceed(finished, what) {
  if (finished.status === 0) return finished
  throw new Error(`${what} ended with status ${finished.status}: ${finished.stderr.trim().slice(-600)}`)
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/**
 * @param {readonly number[]} values
 * @param {number} share
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/**
 * One figure of the table.
 * @typedef {{ name: string, value: number, unit: string, limit: string, ok: boolean, detail: string }} Figure
 */
