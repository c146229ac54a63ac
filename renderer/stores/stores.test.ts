import { beforeEach, describe, expect, it } from 'vitest'
import { fakeError, fakeSnapshot, sectionsOf } from '../testing/fake-engine.ts'
import { clearLog, LOG_LINES, logStore, takeLogLines } from './log-store.ts'
import {
  clearInnermost,
  clearSelection,
  playService,
  selectChannel,
  selectionStore,
  selectObject,
  selectService,
} from './selection-store.ts'
import {
  addProblem,
  applySections,
  dismissProblem,
  markSessionLost,
  sessionStore,
  showNoSession,
  showSession,
} from './session-store.ts'
import { rememberRecent, settingsStore } from './settings-store.ts'

beforeEach(() => {
  showNoSession()
  clearSelection()
  clearLog()
})

describe('the selection', () => {
  it('clears the channel with its service', () => {
    selectService(1)
    selectChannel(4, 1)
    selectService(2)
    expect(selectionStore.getState()).toMatchObject({ serviceId: 2, channel: null })
  })

  it('clears from the inside out', () => {
    selectService(1)
    selectChannel(4)
    selectObject(9)
    clearInnermost()
    expect(selectionStore.getState()).toMatchObject({ serviceId: 1, channel: 4, objectIndex: null })
    clearInnermost()
    expect(selectionStore.getState().channel).toBeNull()
    clearInnermost()
    expect(selectionStore.getState().serviceId).toBeNull()
  })

  it('requests the same service of the player again', () => {
    playService(1)
    const { count } = selectionStore.getState().play
    playService(1)
    expect(selectionStore.getState().play).toEqual({ serviceId: 1, count: count + 1 })
  })
})

describe('the session', () => {
  it('applies only its own changes', () => {
    showSession('s1', null)
    applySections(sectionsOf(fakeSnapshot({ sessionId: 'other' })))
    expect(sessionStore.getState().snapshot).toBeNull()
    applySections(sectionsOf(fakeSnapshot({ sessionId: 's1' })))
    expect(sessionStore.getState().snapshot?.sessionId).toBe('s1')
  })

  it('stops on the screen when its engine is lost, and reports it once', () => {
    showSession('s1', null)
    applySections(sectionsOf(fakeSnapshot()))
    const first = fakeError('The engine died.', 'engine-died')
    markSessionLost(first)
    markSessionLost(fakeError('There is no session s1.', 'no-such-session'))
    expect(sessionStore.getState()).toMatchObject({ restarted: first, snapshot: { phase: 'stopped' } })
  })

  it('ends the recordings of a lost engine, and names their files', () => {
    showSession('s1', null)
    const recording = {
      ...{ file: '/a.pcapng', files: 1, packets: 1, bytes: 1, startedWallUs: 1, endedWallUs: null },
      ...{ byHand: true, problem: null },
    }
    const over = { ...recording, file: '/over.pcapng', endedWallUs: 2 }
    applySections(sectionsOf(fakeSnapshot({ recordings: [over, recording] })))
    markSessionLost(fakeError('The engine died.', 'engine-died'))
    const { restarted, snapshot } = sessionStore.getState()
    expect(restarted?.message).toBe(
      'The engine died. The recording to /a.pcapng ended with it, and has all that was written until then.',
    )
    expect(snapshot?.recordings.map(({ endedWallUs }) => endedWallUs)).toEqual([2, expect.any(Number)])
  })

  it('shows an error once, until it is dismissed', () => {
    const error = fakeError('The disk is full.', 'disk-full')
    addProblem(error)
    addProblem({ ...error })
    expect(sessionStore.getState().problems).toEqual([error])
    dismissProblem(error)
    expect(sessionStore.getState().problems).toEqual([])
  })
})

it('keeps the last log lines and counts all', () => {
  const line = (wallUs: number) => ({ wallUs, topic: 'engine', level: 'info', text: String(wallUs) }) as const
  takeLogLines(Array.from({ length: LOG_LINES + 10 }, (_, at) => line(at)))
  takeLogLines([line(-1)])
  expect(logStore.getState().lines).toHaveLength(LOG_LINES)
  expect(logStore.getState().lines.at(-1)?.text).toBe('-1')
  expect(logStore.getState().total).toBe(LOG_LINES + 11)
})

it('lists recent items once, newest first', () => {
  const item = (source: string) => ({ sources: [source], choices: {}, label: source })
  for (const value of ['a', 'b', 'a']) rememberRecent(item(value))
  expect(settingsStore.getState().recent).toEqual([item('a'), item('b')])
})
