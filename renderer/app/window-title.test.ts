// @vitest-environment happy-dom
import { afterEach, expect, it } from 'vitest'
import { applySections, showNoSession, showSession } from '../stores/session-store.ts'
import { fakeSnapshot, sectionsOf } from '../testing/fake-engine.ts'
import { showWindowTitle } from './window-title.ts'

afterEach(() => showNoSession())

it('names what is open', () => {
  const end = showWindowTitle()
  expect(document.title).toBe('Routescope')
  showSession('s1', null)
  const { source } = fakeSnapshot()
  applySections(sectionsOf(fakeSnapshot({ source: { ...source, live: true, label: 'atsc://' } })))
  expect(document.title).toBe('atsc:// – Routescope')
  const long = (at: number) => `mabr://${'239.255.1.1:6000/'.repeat(9)}service:${at}`
  applySections(sectionsOf(fakeSnapshot({ source: { ...source, live: true, label: long(2) } })))
  expect(document.title).toMatch(/^mabr:.{20,50}….{10,50}service:2 – Routescope$/)
  showNoSession()
  expect(document.title).toBe('Routescope')
  end()
})
