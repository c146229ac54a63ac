// @vitest-environment happy-dom
import { act } from 'react'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connectionStore } from '../../stores/connection-store.ts'
import { settingsStore } from '../../stores/settings-store.ts'
import { buttonNamed, type Mounted, mount } from '../../testing/mount.tsx'
import { PARTS } from '../../testing/parts.ts'
import { CaptureOptions } from './CaptureOptions.tsx'

let view: Mounted

beforeEach(async () => {
  connectionStore.setState({ hello: { version: '0', platform: 'linux', defaultDumpDir: '/', parts: PARTS } })
  settingsStore.setState({ capture: {} })
  view = await mount(<CaptureOptions />)
})
afterEach(() => view.unmount())

it('reads captures in real time from then on, and at full speed again', async () => {
  const choose = (text: string) => act(async () => buttonNamed(view.host, text).click())
  await choose('In real time')
  expect(settingsStore.getState().capture).toEqual({ pace: 'real' })
  expect(buttonNamed(view.host, 'In real time').getAttribute('aria-pressed')).toBe('true')
  expect(view.host.querySelector('summary')?.textContent).toBe('Advanceddefaults')
  await choose('At full speed')
  expect(settingsStore.getState().capture).toEqual({})
})
