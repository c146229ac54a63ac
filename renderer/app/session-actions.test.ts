// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { SessionSnapshot } from '../../core/contract/snapshot.ts'
import { EngineCallError } from '../client/call-error.ts'
import { setEngine } from '../client/engine-client.ts'
import { connectionStore } from '../stores/connection-store.ts'
import { noticeStore } from '../stores/notice-store.ts'
import { sessionStore, showNoSession } from '../stores/session-store.ts'
import { settingsStore } from '../stores/settings-store.ts'
import { FakeEngine, fakeError, fakeSnapshot, sectionsOf } from '../testing/fake-engine.ts'
import { PARTS } from '../testing/parts.ts'
import {
  again,
  cancelOpening,
  close,
  dump,
  listen,
  open,
  openCapture,
  openDemo,
  openRecent,
  record,
  showRunningSession,
} from './session-actions.ts'

let engine: FakeEngine
let started: number
/** The first snapshot of a started session. */
let answered: Partial<SessionSnapshot>

beforeEach(() => {
  started = 0
  answered = { phase: 'finished' }
  engine = new FakeEngine({
    openSession: () => {
      started += 1
      return { sessionId: `s${started}` }
    },
    watchSession: (sessionId) => {
      engine.emit('sections', sectionsOf({ ...fakeSnapshot(), ...answered, sessionId }))
      return null
    },
    unwatchSession: () => null,
    closeSession: () => null,
    listSessions: () => [],
  })
  setEngine(engine)
  showNoSession()
  connectionStore.setState({ hello: { version: '0', platform: 'linux', defaultDumpDir: '/', parts: PARTS } })
  settingsStore.setState({ recent: [], capture: {} })
})

describe('recording', () => {
  it('starts with the engine’s file name, and stops the manual recording', async () => {
    await openCapture(['/a/first.pcap'])
    engine.answers.startRecording = () => ({ file: '/home/x.pcapng' })
    await record()
    expect(engine.calls.at(-1)).toEqual({ name: 'startRecording', args: ['s1', null, {}] })
    expect(noticeStore.getState().notice?.text).toBe('Recording to /home/x.pcapng')
    const recording = {
      file: '/home/x.pcapng',
      files: 1,
      packets: 1234,
      bytes: 2_000_000,
      startedWallUs: 0,
      endedWallUs: null,
      byHand: true,
      problem: null,
    }
    sessionStore.setState({ snapshot: fakeSnapshot({ recordings: [{ ...recording, byHand: false }, recording] }) })
    engine.answers.stopRecording = () => ({ ...recording, endedWallUs: 1 })
    await record()
    expect(engine.calls.at(-1)).toEqual({ name: 'stopRecording', args: ['s1'] })
    expect(noticeStore.getState().notice?.text).toMatch(/^Recorded 1.234 packets, .* to \/home\/x\.pcapng$/)
  })
})

const names = () => engine.calls.map((call) => call.name)

describe('opening', () => {
  it('closes the session on the screen once the next one runs', async () => {
    await openCapture(['/a/first.pcap'])
    await openCapture(['/a/second.pcap'])
    expect(sessionStore.getState().sessionId).toBe('s2')
    expect(engine.calls.at(-1)).toEqual({ name: 'closeSession', args: ['s1'] })
  })

  it('leaves the session on the screen when the next one fails', async () => {
    await openCapture(['/a/first.pcap'])
    engine.answers.openSession = () => {
      throw new EngineCallError(fakeError('x.jpg is not a capture.', 'not-a-capture'))
    }
    await openCapture(['/a/x.jpg'])
    expect(sessionStore.getState()).toMatchObject({ sessionId: 's1', opening: { error: { code: 'not-a-capture' } } })
    expect(names()).not.toContain('closeSession')
  })

  it('treats a session that fails without packets as one that never started', async () => {
    await openCapture(['/a/first.pcap'])
    const error = fakeError('x.jpg is not a packet capture.', 'not-a-capture')
    answered = { phase: 'failed', problems: [error] }
    await openCapture(['/a/x.jpg'])
    expect(sessionStore.getState()).toMatchObject({ sessionId: 's1', opening: { error } })
    expect(engine.calls.at(-1)).toEqual({ name: 'closeSession', args: ['s2'] })
  })

  it('shows a session that fails after its first packets', async () => {
    answered = { phase: 'failed', totals: { ...fakeSnapshot().totals, packets: 9 } }
    await openCapture(['/a/cut.pcap'])
    expect(sessionStore.getState()).toMatchObject({ sessionId: 's1', opening: null })
  })

  it('closes a session that starts after it was cancelled', async () => {
    const opening = openCapture(['/a/slow.pcap'])
    cancelOpening()
    await opening
    expect(sessionStore.getState()).toMatchObject({ sessionId: null, opening: null })
    expect(engine.calls.at(-1)).toEqual({ name: 'closeSession', args: ['s1'] })
  })

  it('remembers addresses, but no uploaded captures', async () => {
    await listen('atsc://', {})
    await openCapture(['/tmp/uploads/first.pcap'])
    expect(settingsStore.getState().recent).toEqual([{ sources: ['atsc://'], choices: {}, label: 'atsc://' }])
  })

  it('opens with a password that it neither shows nor stores', async () => {
    await listen('http://user:secret@192.0.2.1/air.pcap', {})
    const asked = engine.calls.find(({ name }) => name === 'openSession')
    expect(JSON.stringify(asked)).toContain('user:secret@')
    expect(JSON.stringify(settingsStore.getState().recent)).not.toContain('secret')
    expect(sessionStore.getState().request?.label).toBe('http://192.0.2.1/air.pcap')
  })

  it('retries with another interface or pace', async () => {
    await listen('atsc://', {})
    await again({ interfaces: ['10.0.0.2'] })
    expect(engine.calls.filter((call) => call.name === 'openSession').at(-1)?.args).toEqual([
      { sources: ['atsc://'], choices: { interfaces: ['10.0.0.2'] } },
    ])
    await openCapture(['/a/first.pcap'])
    await again({ pace: 'real' })
    expect(engine.calls.filter((call) => call.name === 'openSession').at(-1)?.args).toEqual([
      { sources: ['/a/first.pcap'], choices: { pace: 'real' } },
    ])
  })
})

it('shows a session that already runs', async () => {
  engine.answers.listSessions = () => [
    { sessionId: 'old', name: 'old' },
    { sessionId: 'new', name: 'new' },
  ]
  await showRunningSession()
  expect(sessionStore.getState().sessionId).toBe('new')
})

it('returns to the first screen', async () => {
  await openCapture(['/a/first.pcap'])
  await close()
  expect(sessionStore.getState().sessionId).toBeNull()
  expect(engine.calls.at(-1)).toEqual({ name: 'closeSession', args: ['s1'] })
})

it('reports the files of a dump', async () => {
  await openCapture(['/a/first.pcap'])
  engine.answers.dumpSession = () => ({ dir: '/home/me/out', files: 412, bytes: 254_112_308 })
  await dump()
  expect(noticeStore.getState().notice?.text).toBe('Wrote 412 files, 254 MB, to /home/me/out')
  engine.answers.dumpSession = () => {
    throw new EngineCallError(fakeError('The disk is full.', 'disk-full'))
  }
  await dump()
  expect(noticeStore.getState().notice?.error?.code).toBe('disk-full')
})

it('asks before a dump overwrites anything', async () => {
  await openCapture(['/a/first.pcap'])
  engine.answers.dumpSession = (_sessionId, _dir, _part, replace) => {
    if (replace === true) return { dir: '/home/me/out', files: 1, bytes: 1 }
    throw new EngineCallError(fakeError('There is something already at /home/me/out/service1.', 'file-exists'))
  }
  await dump()
  const { notice } = noticeStore.getState()
  expect(notice?.error?.code).toBe('file-exists')
  expect(notice?.action?.label).toBe('Overwrite')
  notice?.action?.run()
  await vi.waitFor(() => expect(noticeStore.getState().notice?.text).toMatch(/^Wrote 1 files/))
})

it('neither remembers the demo nor standard input', async () => {
  await openDemo()
  expect(sessionStore.getState().request?.label).toBe('Demo')
  await open({ sources: ['stdin:/tmp/x/stdin'], choices: {} })
  expect(sessionStore.getState().request?.label).toBe('standard input')
  expect(settingsStore.getState().recent).toEqual([])
})

it('opens recent addresses with their options, and captures with those of the first screen', async () => {
  settingsStore.setState({ capture: { keepCorrupt: true } })
  await openRecent({
    sources: ['atsc://', 'route://239.1.1.1:6000'],
    choices: { interfaces: ['10.0.0.2'] },
    label: 'x',
  })
  await openRecent({ sources: ['/a/first.pcap', '/a/second.pcap'], choices: {}, label: 'y' })
  expect(engine.calls.filter(({ name }) => name === 'openSession').map(({ args }) => args[0])).toEqual([
    { sources: ['atsc://', 'route://239.1.1.1:6000'], choices: { interfaces: ['10.0.0.2'] } },
    { sources: ['/a/first.pcap', '/a/second.pcap'], choices: { keepCorrupt: true } },
  ])
})
