import { SaxesParser } from 'saxes'
import { CodecError } from '../../bytes/codec-error.ts'
import type { ConfinedManifest } from '../../manifest/confined-manifest.ts'
import { confinePlaylist } from '../../manifest/hls/confine-playlist.ts'
import { confineMpd } from '../../manifest/mpd/confine-mpd.ts'
import { parseXmlSource } from '../../manifest/mpd/xml-source.ts'
import { foldersOf, type ReferenceScope } from '../../manifest/reference-scope.ts'
import { hostileDash, hostileHls } from '../hostile-manifests.ts'
import { demoDash, demoHls } from '../make-fixtures.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'

/** Servers that nobody may be led to, in the spellings of addresses. */
const CANARIES = ['http://127.0.0.1:19999', 'http://canary.example', 'https://[::1]:19999', 'http:\\\\127.0.0.1:19999']
/** Where the manifest is served. */
const SERVED = 'http://127.0.0.1:5000/service1/m.mpd'
const SCOPE: ReferenceScope = {
  name: 'm.mpd',
  folders: foldersOf([]),
  localOf: () => null,
  pathOf: (name) => (/[\\?]|(?:^|\/)\.\.(?:\/|$)/.test(name) ? null : `/service1/${name}`),
  isManifest: (reference) => /\.(?:mpd|m3u8)(?:\?|$)/.test(reference),
}

/** Attributes and elements of an MPD that a player follows. */
const ATTRIBUTES = new Set([
  'media',
  'initialization',
  'index',
  'sourceURL',
  'bitstreamSwitching',
  'href',
  'url',
  'reportingUrl',
])
const ELEMENTS = new Set(['BaseURL', 'Location', 'PatchLocation', 'ContentSteering'])

/** Manifests that lead elsewhere by everything they can name, damaged: what is served names no other server. */
export const manifestTargets = (): FuzzTarget[] => [
  {
    name: 'manifest of DASH',
    unit: 'manifests',
    weight: 3,
    batch: 200,
    open: inProcess(async (count, random, spent) => {
      const made = hostileDash(await demoDash(), CANARIES).manifest?.bytes ?? new Uint8Array(0)
      const confine = (bytes: Uint8Array): ConfinedManifest => confineMpd(parseXmlSource(bytes), SCOPE, null)
      return attack(made, confine, 'dash', count, random, spent)
    }),
  },
  {
    name: 'manifest of HLS',
    unit: 'manifests',
    weight: 3,
    batch: 200,
    open: inProcess(async (count, random, spent) => {
      const made = hostileHls(await demoHls(), CANARIES).manifest?.bytes ?? new Uint8Array(0)
      const confine = (bytes: Uint8Array): ConfinedManifest => confinePlaylist(new TextDecoder().decode(bytes), SCOPE)
      return attack(made, confine, 'hls', count, random, spent)
    }),
  },
]

function attack(
  sample: Uint8Array,
  confine: (bytes: Uint8Array) => ConfinedManifest,
  kind: 'dash' | 'hls',
  count: number,
  random: () => number,
  spent: (ms: number) => void,
): string | null {
  for (let done = 0; done < count; done++) {
    const input = mutate(sample, sample, random)
    const began = performance.now()
    let served: string
    try {
      served = confine(input).text
    } catch (thrown) {
      if (thrown instanceof CodecError) continue
      return `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}\nwith ${Buffer.from(input).toString('hex')}`
    }
    spent(performance.now() - began)
    const [out] = foreignReferences(served, kind)
    if (out !== undefined) return `serves ${JSON.stringify(out)}\nwith ${Buffer.from(input).toString('hex')}`
  }
  return null
}

/** What of a served manifest leads a player to another server. */
export function foreignReferences(text: string, kind: 'dash' | 'hls'): string[] {
  return (kind === 'dash' ? dashReferences(text) : hlsReferences(text)).filter(leadsOut)
}

/** Whether an address, as a player makes one of it, is of another server. */
function leadsOut(reference: string): boolean {
  try {
    const { origin, protocol } = new URL(reference, SERVED)
    return protocol !== 'data:' && origin !== new URL(SERVED).origin
  } catch {
    return false
  }
}

/** What an XML reader of another make takes for references, up to where it finds the document broken. */
function dashReferences(text: string): string[] {
  const found: string[] = []
  const path: string[] = []
  let broken = false
  let value = ''
  const parser = new SaxesParser()
  parser.on('error', () => {
    broken = true
  })
  parser.on('opentag', ({ name, attributes }) => {
    const local = name.replace(/^.*:/, '')
    path.push(local)
    value = ''
    for (const [key, each] of Object.entries(attributes)) {
      const attribute = key.replace(/^.*:/, '')
      const clock = local === 'UTCTiming' && attribute === 'value' && /http/.test(String(attributes.schemeIdUri))
      if (!broken && (ATTRIBUTES.has(attribute) || clock)) found.push(String(each))
    }
  })
  const add = (piece: string): void => {
    value += piece
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => {
    if (!broken && ELEMENTS.has(path.pop() ?? '')) found.push(value.trim())
    value = ''
  })
  parser.write(text).close()
  // A player that refuses the document follows nothing.
  return broken ? [] : found
}

/** Lines that are addresses, and quoted ones in tags that players know. */
function hlsReferences(text: string): string[] {
  const found: string[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    if (!line.startsWith('#')) {
      if (line.trim() !== '') found.push(line.trim())
    } else if (line.startsWith('#EXT')) {
      for (const [, uri = ''] of line.matchAll(/(?:^|[:,\s])(?:SERVER-)?URI\s*=\s*"([^"]*)"/g)) found.push(uri)
    }
  }
  return found
}
