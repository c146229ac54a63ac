import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { parseUsbdMmt } from './usbd-mmt.ts'

const USBD = `<?xml version="1.0" encoding="UTF-8"?>
<BundleDescriptionMMT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/MMTUSD/1.0/">
 <UserServiceDescription serviceId="1004" serviceStatus="false" later="x">
  <Name xml:lang="en">Four</Name><ServiceLanguage>en</ServiceLanguage>
  <ContentAdvisoryRating>1,'TV-PG',{0 'TV-PG'}</ContentAdvisoryRating>
  <Channel serviceGenre="1" serviceIcon="http://a/icon.png"><ServiceDescription serviceDescrText="A channel" serviceDescrLang="en"/></Channel>
  <MPUComponent mmtPackageId="ATEME_MMT_4" nextMmtPackageId="ATEME_MMT_5"/>
  <ROUTEComponent sTSIDUri="stsid.xml" apdUri="apd.xml" sTSIDDestinationIpAddress="239.255.10.9" sTSIDDestinationUdpPort="51009" sTSIDSourceIpAddress="172.16.200.1"/>
  <BroadbandComponent fullMPDUri="http://a/full.mpd"/>
  <ComponentInfo componentType="1" componentRole="0" componentProtectedFlag="true" componentId="1111" componentName="Main"/>
 </UserServiceDescription>
</BundleDescriptionMMT>`

it('reads the USBD of an MMT service, and keeps unknown attributes', () => {
  expect(parseUsbdMmt(USBD)).toEqual({
    serviceId: 1004,
    serviceStatus: false,
    names: [{ lang: 'en', text: 'Four' }],
    languages: ['en'],
    contentAdvisoryRatings: ["1,'TV-PG',{0 'TV-PG'}"],
    channel: {
      serviceGenre: '1',
      serviceIcon: 'http://a/icon.png',
      serviceDescriptions: [{ lang: 'en', text: 'A channel' }],
      otherAttributes: [],
    },
    mpuComponents: [{ mmtPackageId: 'ATEME_MMT_4', nextMmtPackageId: 'ATEME_MMT_5', otherAttributes: [] }],
    routeComponents: [
      {
        stsidUri: 'stsid.xml',
        apdUri: 'apd.xml',
        destinationAddress: '239.255.10.9',
        destinationPort: 51009,
        sourceAddress: '172.16.200.1',
        otherAttributes: [],
      },
    ],
    broadbandComponents: [{ fullMpdUri: 'http://a/full.mpd' }],
    componentInfos: [
      {
        componentType: 1,
        componentRole: 0,
        protected: true,
        componentId: '1111',
        componentName: 'Main',
        otherAttributes: [],
      },
    ],
    otherAttributes: [{ name: 'later', local: 'later', value: 'x' }],
  })
})

it('requires a service description, and accepts it as the root', () => {
  expect(parseUsbdMmt('<UserServiceDescription serviceId="7"/>')).toMatchObject({ serviceId: 7, mpuComponents: [] })
  expect(() => parseUsbdMmt('<BundleDescriptionMMT/>')).toThrow('expected a UserServiceDescription')
})

it('throws only CodecError when truncated anywhere', () => {
  const bytes = new TextEncoder().encode(USBD)
  for (let end = 0; end < bytes.length - 1; end++) {
    expect(() => parseUsbdMmt(bytes.subarray(0, end))).toThrow(CodecError)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
      try {
        parseUsbdMmt(random)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CodecError)
      }
    }),
  )
})
