// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ServiceSnapshot } from '../../../core/contract/service-snapshot.ts'
import { setEngine } from '../../client/engine-client.ts'
import { playerStore } from '../../stores/player-store.ts'
import { clearSelection, playService, selectionStore, selectService } from '../../stores/selection-store.ts'
import { applySections, showNoSession, showSession } from '../../stores/session-store.ts'
import { FakeEngine, fakeSnapshot, sectionsOf } from '../../testing/fake-engine.ts'
import { buttonNamed, type Mounted, mount } from '../../testing/mount.tsx'
import { service } from '../../testing/snapshot-rows.ts'
import { PlayerView } from './PlayerView.tsx'

const URL = 'http://127.0.0.1:8080/service1/live.mpd'

function playableService(id: number, change: Partial<ServiceSnapshot> = {}): ServiceSnapshot {
  const playable = {
    kind: 'dash',
    url: URL,
    live: true,
    codecs: ['avc1.42c01e'],
    cut: null,
    encryption: null,
    picture: null,
    offAir: [],
    restarts: 0,
    decoder: null,
    decoded: null,
  } as const
  return service(id, { playable, ...change })
}

let view: Mounted
let asked: string[]
let decodable = true

beforeEach(async () => {
  asked = []
  decodable = true
  vi.stubGlobal('MediaSource', { isTypeSupported: () => decodable })
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(url)
    return new Response('never announced', { status: 404, statusText: 'Not Found' })
  })
  setEngine(new FakeEngine())
  showSession('s1', null)
  view = await mount(<PlayerView />)
})

afterEach(() => {
  view.unmount()
  clearSelection()
  showNoSession()
  vi.unstubAllGlobals()
})

async function show(...services: ServiceSnapshot[]): Promise<string> {
  await act(async () => applySections(sectionsOf(fakeSnapshot({ services }))))
  return view.host.textContent ?? ''
}

describe('player', () => {
  it('requests nothing before play is pressed', async () => {
    expect(view.host.textContent).toContain('Nothing to play yet')
    await show(playableService(1))
    expect(buttonNamed(view.host, 'Play S1').textContent).toContain('DASH, live')
    expect(asked).toEqual([])
  })

  it('quotes the gateway when there is no manifest, and retries on demand', async () => {
    await show(playableService(1))
    await act(async () => buttonNamed(view.host, 'Play S1').click())
    await view.settle()
    expect(view.host.querySelector('[role=alert]')?.textContent).toContain(
      'The gateway answered 404 Not Found: never announced.',
    )
    await act(async () => buttonNamed(view.host, 'Play again').click())
    expect(asked).toEqual([URL, URL])
  })

  it('names a codec that cannot be decoded, and the alternatives', async () => {
    decodable = false
    const words = await show(
      playableService(1, {
        playable: {
          kind: 'dash',
          url: URL,
          live: true,
          codecs: ['hvc1.2.4.L120'],
          cut: null,
          encryption: null,
          picture: null,
          offAir: [],
          restarts: 0,
          decoder: null,
          decoded: null,
        },
      }),
    )
    expect(words).toContain('HEVC (hvc1.2.4.L120) is not decodable here.')
    expect(words).toContain('Save the files with Dump')
  })

  it('says before and after Play that a presentation is encrypted, and asks for nothing', async () => {
    const locked = 'This presentation is encrypted (cenc, Widevine) and cannot be played here.'
    const encryption = 'cenc, Widevine'
    const words = await show(
      playableService(1, {
        playable: {
          kind: 'dash',
          url: URL,
          live: true,
          codecs: ['avc1.42c01e'],
          cut: null,
          encryption,
          picture: null,
          offAir: [],
          restarts: 0,
          decoder: null,
          decoded: null,
        },
      }),
    )
    expect(words).toContain(locked)
    await act(async () => buttonNamed(view.host, 'Play S1').click())
    expect(view.host.textContent).toContain(`${locked}Analysis continues. A player with a licence`)
    expect(asked).toEqual([])
  })

  it('explains why a service cannot be played', async () => {
    const words = await show(
      playableService(1, { playable: null, notPlayable: 'No manifest in 9 s.', protocol: 'mmtp' }),
    )
    expect(words).toContain('S1 cannot be played')
    expect(words).toContain('No manifest in 9 s. Services lists its assets and packets.')
  })

  it('goes on with a service to which a late SLT gives another number, and keeps it selected', async () => {
    const under = (id: number, serial: number, change: Partial<ServiceSnapshot> = {}): ServiceSnapshot => {
      const { playable, ...rest } = playableService(id, { serial, ...change })
      return { ...rest, playable: playable && { ...playable, url: `http://127.0.0.1:8080/service${id}/live.mpd` } }
    }
    await show(under(1, 5))
    await act(async () => selectService(1))
    await act(async () => buttonNamed(view.host, 'Play S1').click())
    // Another service has its former number now.
    const words = await show(under(1, 6, { name: 'Other' }), under(7, 5, { name: 'News' }))
    expect(words).toContain('Plays News')
    expect(words).not.toContain('Play Other')
    expect(selectionStore.getState().serviceId).toBe(7)
    expect(playerStore.getState().playing).toEqual({ sessionId: 's1', serviceId: 7 })
    expect(asked.map((url) => url.split('/')[3])).toEqual(['service1', 'service7'])
  })

  it('offers the selected service, and keeps the playing one', async () => {
    await show(playableService(1), playableService(2))
    await act(async () => selectService(2))
    expect(buttonNamed(view.host, 'Play S2')).toBeDefined()
    await act(async () => playService(1))
    await act(async () => selectService(2))
    expect(view.host.querySelector('video')?.getAttribute('aria-label')).toBe('Video of S1')
    expect(asked).toEqual([URL])
  })
})
