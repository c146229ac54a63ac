import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { seeded } from '../seeded.ts'
import { batchSeed, type FuzzState, type FuzzTarget } from './fuzz-target.ts'

/** Settings of a run. */
export type FuzzPlan = {
  readonly seed: number
  /** Inputs of all targets together. */
  readonly inputs: number
  /** The run stops after this time, to be resumed. */
  readonly seconds: number
  /** File that a run is resumed from. */
  readonly stateFile: string
}

type Saved = { readonly seed: number; readonly targets: Record<string, FuzzState> }

/**
 * Gives every target its share of the inputs, batch by batch, and saves after each target what was done. A run with the same
 * seed goes on where the last one stopped; a batch is the same whatever ran before it.
 * @returns the state of each target; `finished` where all have had their inputs
 */
export async function runFuzz(
  targets: readonly FuzzTarget[],
  plan: FuzzPlan,
  tell: (line: string) => void,
): Promise<{ readonly states: ReadonlyMap<string, FuzzState>; readonly finished: boolean }> {
  const saved = readState(plan)
  const weight = targets.reduce((sum, target) => sum + target.weight, 0)
  const endMs = performance.now() + plan.seconds * 1000
  let finished = true
  for (const target of targets) {
    const state = saved.targets[target.name] ?? { inputs: 0, worstMs: 0, peakBytes: 0, complaint: null }
    saved.targets[target.name] = state
    const share = Math.ceil((plan.inputs * target.weight) / weight)
    if (state.complaint === null && state.inputs < share) await runTarget(target, state, share, plan.seed, endMs)
    if (state.inputs < share) finished = false
    tell(lineOf(target, state))
    writeState(plan, saved)
  }
  return { states: new Map(Object.entries(saved.targets)), finished }
}

async function runTarget(
  target: FuzzTarget,
  state: FuzzState,
  share: number,
  seed: number,
  endMs: number,
): Promise<void> {
  if (performance.now() >= endMs) return
  const open = await target.open()
  const quiet = open.quiet?.()
  if (quiet !== undefined) state.quiet = quiet
  const spent = (ms: number): void => {
    if (ms > state.worstMs) state.worstMs = ms
  }
  try {
    while (state.inputs < share && state.complaint === null && performance.now() < endMs) {
      const batch = Math.floor(state.inputs / target.batch)
      const from = batchSeed(seed, target.name, batch)
      const count = Math.min(target.batch, share - state.inputs)
      const wrong = await open.run(count, seeded(from), spent)
      state.peakBytes = Math.max(state.peakBytes, open.memory())
      if (wrong !== null) state.complaint = `batch ${batch} (seed ${from}): ${wrong}`
      state.inputs += count
    }
  } finally {
    const wrong = await open.close()
    state.complaint ??= wrong
    const endMs = open.endMs?.() ?? null
    if (endMs !== null) state.endMs = Math.max(state.endMs ?? 0, endMs)
  }
}

function lineOf({ name, unit }: FuzzTarget, state: FuzzState): string {
  const { inputs, worstMs, peakBytes, endMs, quiet, complaint } = state
  const end = endMs === undefined ? '' : `, end after ${endMs.toFixed(0)} ms${timesQuiet(endMs, quiet?.endMs)}`
  const worst = `${worstMs.toFixed(1)} ms${timesQuiet(worstMs, quiet?.answerMs)}`
  const figures = `${inputs} ${unit}, worst ${worst}, peak ${(peakBytes / 1e6).toFixed(0)} MB${end}`
  return complaint === null ? `ok      ${name}: ${figures}` : `FAILED  ${name}: ${figures}\n${complaint}`
}

/** ` (12 × quiet)`; empty where nothing is compared. */
function timesQuiet(ms: number, quietMs: number | undefined): string {
  return quietMs === undefined || quietMs === 0 ? '' : ` (${(ms / quietMs).toFixed(1)} × quiet)`
}

function readState({ seed, stateFile }: FuzzPlan): Saved {
  try {
    const saved = JSON.parse(readFileSync(stateFile, 'utf8')) as Saved
    if (saved.seed === seed) return saved
  } catch {
    // No run was interrupted.
  }
  return { seed, targets: {} }
}

function writeState({ stateFile }: FuzzPlan, saved: Saved): void {
  mkdirSync(dirname(stateFile), { recursive: true })
  writeFileSync(`${stateFile}.new`, JSON.stringify(saved, null, 1))
  renameSync(`${stateFile}.new`, stateFile)
}
