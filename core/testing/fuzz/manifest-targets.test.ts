import { expect, it } from 'vitest'
import { hostileDash, hostileHls } from '../hostile-manifests.ts'
import { demoDash, demoHls } from '../make-fixtures.ts'
import { foreignReferences } from './manifest-targets.ts'

const ORIGIN = 'http://canary.example'
const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes)

it('finds what leads elsewhere in manifests that are not confined, and nothing in the demo', async () => {
  const [dash, hls] = [await demoDash(), await demoHls()]
  expect(foreignReferences(text(hostileDash(dash, [ORIGIN]).manifest?.bytes), 'dash').length).toBeGreaterThan(10)
  expect(foreignReferences(text(hostileHls(hls, [ORIGIN]).manifest?.bytes), 'hls').length).toBeGreaterThan(6)
  expect(foreignReferences(text(dash.manifest?.bytes), 'dash')).toEqual([])
  expect(foreignReferences(text(hls.manifest?.bytes), 'hls')).toEqual([])
})
