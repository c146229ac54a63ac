import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gzip } from '#platform'
import { CodecError } from '../bytes/codec-error.ts'
import { asServiceId, asToi } from '../contract/ids.ts'
import { FDT_DEFAULTS, FDT_FILE_DEFAULTS, looksLikeFdt, parseFdt } from './flute/fdt.ts'
import { serialiseFdt } from './flute/fdt-writer.ts'
import { parseLlsTable, serialiseLlsTable } from './lls/lls-table.ts'
import { parseSignedMultiTable, unfoldTable } from './lls/signed-multi-table.ts'
import { parseSlt, SLT_SERVICE_DEFAULTS, serialiseSlt } from './lls/slt.ts'
import { parseSystemTime } from './lls/system-time.ts'
import { isMultipart, parseMultipart, serialiseMultipart } from './mime/multipart.ts'
import { ENVELOPE_ITEM_DEFAULTS, parseEnvelope, serialiseEnvelope } from './sls/envelope.ts'
import { fragmentType } from './sls/fragment-type.ts'
import { parseStsid } from './sls/s-tsid.ts'
import { parseUsbd, serialiseUsbd } from './sls/usbd.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const slt = serialiseSlt({
  bsids: [800],
  capabilities: null,
  inetUrls: [],
  services: [{ ...SLT_SERVICE_DEFAULTS, serviceId: asServiceId(1) }],
  otherAttributes: [],
})
const fdt = serialiseFdt({ ...FDT_DEFAULTS, files: [{ ...FDT_FILE_DEFAULTS, toi: asToi(1), contentLocation: 'a' }] })
const envelope = serialiseEnvelope({ items: [{ ...ENVELOPE_ITEM_DEFAULTS, uri: 'a', version: 1, contentType: 'b' }] })
const usbd = serialiseUsbd({
  serviceId: asServiceId(1),
  serviceStatus: true,
  names: [],
  languages: [],
  basePatterns: ['1_'],
  unicastPatterns: [],
  otherAttributes: [],
})
const stsid = utf8(
  '<S-TSID><RS dPort="1"><LS tsi="1"><SrcFlow><EFDT><FDT-Instance><File TOI="1"/></FDT-Instance></EFDT></SrcFlow><RepairFlow/></LS></RS></S-TSID>',
)
const part = { contentType: 'application/dash+xml', contentLocation: 'x.mpd', body: utf8('<MPD/>') }
const signed = (body: Uint8Array): unknown =>
  parseSignedMultiTable({ groupId: 0, groupCount: 1, body }).tables.map((table) => unfoldTable(table))

const CODECS: readonly [string, Uint8Array, (bytes: Uint8Array) => unknown][] = [
  ['SLT', slt, parseSlt],
  ['SystemTime', utf8('<SystemTime currentUtcOffset="37" utcLocalOffset="PT0H"/>'), parseSystemTime],
  [
    'LLS table',
    serialiseLlsTable({ tableId: 1, groupId: 0, groupCount: 1, version: 1, body: slt, compressed: true }),
    parseLlsTable,
  ],
  ['SignedMultiTable', Uint8Array.from([1, 1, 0, 0, 4, 1, 2, 3, 4, 0, 1, 9]), signed],
  ['FDT', fdt, parseFdt],
  ['gzip-ed FDT', gzip(fdt), parseFdt],
  ['S-TSID', stsid, parseStsid],
  ['USBD', usbd, parseUsbd],
  ['envelope', envelope, parseEnvelope],
  [
    'package',
    serialiseMultipart([part, part], { boundary: 'a-boundary', type: 'application/dash+xml' }),
    parseMultipart,
  ],
]

describe.each(CODECS)('%s', (_name, valid, parse) => {
  it('parses; truncated anywhere it parses or throws CodecError', () => {
    expect(() => parse(valid)).not.toThrow()
    for (let end = 0; end < valid.length; end++) tolerates(parse, valid.subarray(0, end))
  })

  it('throws only CodecError when bytes change, vanish or repeat', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.constantFrom('set', 'cut', 'repeat'), fc.nat(255)), {
      minLength: 1,
      maxLength: 6,
    })
    fc.assert(
      fc.property(edits, (all) => {
        let bytes = valid.slice()
        for (const [where, what, value] of all) {
          const at = where % Math.max(1, bytes.length)
          if (what === 'set') bytes[at] = value
          else if (what === 'cut') bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + value)])
          else bytes = Uint8Array.from([...bytes.subarray(0, at + 1), ...bytes.subarray(Math.max(0, at - value))])
        }
        tolerates(parse, bytes)
      }),
      { numRuns: 300 },
    )
  })
})

function tolerates(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  expect(typeof looksLikeFdt(bytes)).toBe('boolean')
  expect(typeof isMultipart(bytes)).toBe('boolean')
  expect(typeof fragmentType('', bytes)).toBe('string')
  try {
    parse(bytes)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
  }
}
