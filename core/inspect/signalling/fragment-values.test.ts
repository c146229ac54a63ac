import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tableValues } from '../../protocol/lls/table-values.ts'
import { fragmentValues } from './fragment-values.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
const values = (type: string, text: string) => fragmentValues(type, utf8(text))

const DOCUMENTS: Readonly<Record<string, string>> = {
  HELD: '<HELD xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/AppSignaling/HELD/1.0/"><HTMLEntryPackage appContextId="http://app/" bcastEntryPageUrl="index.html" validFrom="2026-01-01T00:00:00Z" coupledServices="1 2" lctTSIRef="20 21" later="x"/></HELD>',
  APD: '<AssociatedProcedureDescription><PostFileRepair offsetTime="5" randomTimePeriod="10"/></AssociatedProcedureDescription>',
  DWD: '<DWD><DistributionWindow startTime="a" endTime="b" lctTSIRef="20" contentLabel="L"><AppContextId dwFilterCode="3">http://app/</AppContextId></DistributionWindow></DWD>',
  RDT: '<RDT version="2"><Entry id="7">x</Entry></RDT>',
  RSAT: '<RSAT version="1"><Service id="1"><Region>4</Region></Service><Service id="2"/></RSAT>',
  MPD: '<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" minimumUpdatePeriod="PT2S"><UTCTiming schemeIdUri="s" value="v"/><Period id="p" start="PT0S"><AdaptationSet id="1" contentType="video"><SegmentTemplate media="$Number$.m4s" timescale="90000" duration="180000"/><Role value="main"/><Representation id="v1" codecs="hev1.1, hev1.2" bandwidth="5000000" width="1920" height="1080"/></AdaptationSet></Period></MPD>',
  USBD: '<BundleDescriptionMMT><UserServiceDescription serviceId="4"><MPUComponent mmtPackageId="P"/></UserServiceDescription></BundleDescriptionMMT>',
  'S-TSID':
    '<S-TSID><RS dPort="5000"><LS tsi="10" bw="9"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="1" fileTemplate="$TOI$"/></EFDT></SrcFlow><RepairFlow><FECParameters overhead="10"><ProtectedObject tsi="10"/></FECParameters></RepairFlow></LS></RS></S-TSID>',
  ENVELOPE:
    '<metadataEnvelope><item metadataURI="a" version="3" contentType="t" nextURL="http://n" availAt="2026-01-01T00:00:00Z"/></metadataEnvelope>',
  EFDT: '<EFDT version="252"><FDTParameters><File TOI="7" Content-Location="x" Content-Encoding="gzip"/></FDTParameters></EFDT>',
}

describe('values of a fragment', () => {
  it('are those of the standard, whatever else the document contains', () => {
    expect(values('HELD', DOCUMENTS.HELD ?? '')).toMatchObject({
      packages: [
        {
          appContextId: 'http://app/',
          bcastEntryPageUrl: 'index.html',
          coupledServices: ['1', '2'],
          lctTsis: ['20', '21'],
          otherAttributes: { later: 'x' },
        },
      ],
    })
    expect(values('APD', DOCUMENTS.APD ?? '')).toEqual({
      postFileRepair: { offsetTimeS: 5, randomTimePeriodS: 10, serviceUris: [] },
    })
    expect(values('DWD', DOCUMENTS.DWD ?? '')).toMatchObject({
      windows: [{ startTime: 'a', contentLabel: 'L', appContexts: [{ id: 'http://app/', filterCode: '3' }] }],
    })
    expect(values('RDT', DOCUMENTS.RDT ?? '')).toEqual({ RDT: { version: '2', Entry: { id: '7', text: 'x' } } })
    expect(values('RSAT', DOCUMENTS.RSAT ?? '')).toEqual({
      RSAT: { version: '1', Service: [{ id: '1', Region: '4' }, { id: '2' }] },
    })
    expect(values('MPD', DOCUMENTS.MPD ?? '')).toMatchObject({
      type: 'dynamic',
      minimumUpdatePeriod: 'PT2S',
      utcTimings: [{ scheme: 's', value: 'v' }],
      representationCount: 1,
      codecs: ['hev1.1', 'hev1.2'],
      periods: [
        {
          adaptationSets: [
            {
              roles: ['main'],
              representations: [{ id: 'v1', width: 1920, segments: { kind: 'SegmentTemplate', duration: 180000 } }],
            },
          ],
        },
      ],
    })
    expect(values('USBD', DOCUMENTS.USBD ?? '')).toMatchObject({ serviceId: 4, mpuComponents: [{ mmtPackageId: 'P' }] })
    const stsid = values('S-TSID', DOCUMENTS['S-TSID'] ?? '')
    expect(stsid).toMatchObject({
      sessions: [{ channels: [{ tsi: 10, repair: { parameters: { overheadPercent: 10 }, protectedTsis: [10] } }] }],
    })
    expect(JSON.stringify(stsid)).not.toContain('"element"')
    expect(values('ENVELOPE', DOCUMENTS.ENVELOPE ?? '')).toMatchObject({ items: [{ uri: 'a', nextUrl: 'http://n' }] })
    expect(values('EFDT', DOCUMENTS.EFDT ?? '')).toMatchObject({ version: 252, files: [{ toi: 7 }] })
    expect(values('HLS', '#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n')).toMatchObject({
      kind: 'media',
      segmentCount: 1,
    })
  })

  it('are none for binary or unreadable content, and never an error', () => {
    expect(fragmentValues('UNKNOWN', Uint8Array.of(1, 2, 3))).toBeNull()
    expect(values('S-TSID', '<S-TSID><RS><LS tsi="1"/></S-TSID>')).toBeNull()
    // An entry that cannot be used costs itself.
    expect(values('S-TSID', '<S-TSID><RS><LS/></RS></S-TSID>')).toMatchObject({ sessions: [{ channels: [] }] })
    expect(values('HLS', 'no playlist')).toBeNull()
    const types = [...Object.keys(DOCUMENTS), 'HLS', 'UNKNOWN']
    for (const [type, text] of Object.entries(DOCUMENTS)) {
      const bytes = utf8(text)
      for (let end = 0; end <= bytes.length; end += 3) fragmentValues(type, bytes.subarray(0, end))
      for (const other of types) fragmentValues(other, bytes)
      for (let id = 0; id < 9; id++) tableValues(id, bytes)
    }
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 200 }), (type, bytes) => {
        fragmentValues(type, bytes)
        for (const id of [1, 3, 4, 5, 6, 0xfe, 0xff]) tableValues(id, bytes)
      }),
    )
  })

  it('never mix names from the network with those of JavaScript', () => {
    const read = values('UNKNOWN', '<a><__proto__ constructor="x"/><toString>1</toString></a>')
    expect(JSON.stringify(read)).toBe('{"a":{"__proto__":{"constructor":"x"},"toString":"1"}}')
  })
})
