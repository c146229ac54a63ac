import { expect, it } from 'vitest'
import { labelledTracks } from './media-tracks.ts'

const track = (language: string | null, role: string | null = null, name: string | null = null) => ({
  name,
  language,
  role,
})

it.each([
  ['a language', [track('eng'), track('es-419')], ['English', 'Latin American Spanish']],
  ['roles of one language', [track('eng', 'main'), track('eng', 'alternate')], ['English, main', 'English, alternate']],
  ['a number where nothing differs', [track('de'), track('de'), track(null)], ['German 1', 'German 2', 'unnamed']],
  ['names of their own', [track('en', 'main', 'Director'), track('en')], ['Director', 'English']],
  ['no language', [track('und'), track('x!')], ['unnamed', 'x!']],
])('tracks are told apart by %s', (_, words, labels) => {
  expect(labelledTracks(words).map(({ label }) => label)).toEqual(labels)
})
