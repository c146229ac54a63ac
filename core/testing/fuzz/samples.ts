import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { hexToBytes } from '../../bytes/hex.ts'
import { asToi, asTsi } from '../../contract/ids.ts'
import { lctHeaderBytes, routeLctHeader, serialiseLctHeader } from '../../protocol/lct/header.ts'
import { DEMO_FOLDER } from '../make-fixtures.ts'

/** Valid inputs of each kind, small and with every element that is read. */
export const text = (...lines: readonly string[]): Uint8Array => new TextEncoder().encode(lines.join('\n'))
export const hex = (digits: string): Uint8Array => hexToBytes(digits.replace(/\s/g, ''))
export const gzip = (bytes: Uint8Array): Uint8Array => new Uint8Array(gzipSync(bytes))

/** Parameter sets of 320x180 at 25 pictures per second. */
export const AVC_SPS = hex('674d400ceca0a0cfcf80880000030008000003019078a14cb0')
export const HEVC_SPS = hex('42010101600000030090000003000003003ca00a080b9f796566924caf0169c20000030002000003003210')

export const demoFile = (name: string): Uint8Array => new Uint8Array(readFileSync(join(DEMO_FOLDER, name)))

export const SLT = text(
  '<?xml version="1.0" encoding="UTF-8"?>',
  '<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="50 51"><SLTCapabilities>a</SLTCapabilities><SLTInetUrl urlType="1">http://e/</SLTInetUrl>',
  '<Service serviceId="1001" globalServiceID="urn:a" majorChannelNo="10" minorChannelNo="1" serviceCategory="1" shortServiceName="ONE" sltSvcSeqNum="0" protected="false" hidden="0" drmSystemID="urn:x" unknown="1">',
  '<SimulcastTSID simulcastMajorChannelNo="1" simulcastMinorChannelNo="2">7</SimulcastTSID><SvcCapabilities>b</SvcCapabilities>',
  '<BroadcastSvcSignaling slsProtocol="1" slsDestinationIpAddress="239.255.10.1" slsDestinationUdpPort="51001" slsSourceIpAddress="172.16.200.1"/>',
  '<SvcInetUrl urlType="2">http://e/2</SvcInetUrl><OtherBsid type="1">12 13</OtherBsid></Service></SLT>',
)
export const SYSTEM_TIME = text(
  '<SystemTime currentUtcOffset="37" ptpPrepend="0" leap59="false" leap61="0" utcLocalOffset="-PT5H" dsStatus="true" dsDayOfMonth="3" dsHour="2"/>',
)
export const AEAT = text(
  '<AEAT><AEA aeaId="a1" issuer="i" audience="public" aeaType="alert" refAEAId="a0" priority="4" wakeup="true"><Header effective="2026-01-01T00:00:00Z" expires="2026-01-02T00:00:00Z"><EventCode type="SAME">TOR</EventCode><EventDesc xml:lang="en">Tornado</EventDesc><Location type="circle">1,2 3</Location></Header><AEAText xml:lang="en">Go</AEAText><LiveMedia bsid="1" serviceId="2"><ServiceName xml:lang="en">n</ServiceName></LiveMedia><Media mediaDesc="d" mediaType="EventMap" url="u" contentType="image/png" contentLength="3"/></AEA></AEAT>',
)
export const ONSCREEN = text(
  '<OnscreenMessageNotification><KeepScreenClear bsid="1" serviceId="2" serviceIdRange="3" notificationDuration="PT1M" kscFlag="true" version="1"/></OnscreenMessageNotification>',
)
export const CERTIFICATION = text(
  '<CertificationData><ToBeSignedData OCSPRefresh="P1D"><Certificates>AAAA</Certificates><CurrentCert>AAAA</CurrentCert></ToBeSignedData><CMSSignedData>AAAA</CMSSignedData><OCSPResponse>AAAA</OCSPResponse></CertificationData>',
)
export const STSID = text(
  '<S-TSID xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/S-TSID/1.0/" xmlns:afdt="a" xmlns:fdt="f"><RS sIpAddr="10.0.0.1" dIpAddr="239.255.1.1" dPort="5001">',
  '<LS tsi="10" bw="4000" startTime="2026-01-01T00:00:00Z" endTime="2026-01-02T00:00:00Z"><SrcFlow rt="true" minBuffSize="9"><EFDT><FDT-Instance afdt:efdtVersion="3" afdt:fileTemplate="v_$TOI%05d$.m4s" Expires="4294944000" afdt:maxTransportSize="99"><fdt:File Content-Location="i.mp4" TOI="4294967295" Content-Length="8" Content-MD5="AAAA"/></FDT-Instance></EFDT>',
  '<ContentInfo><MediaInfo repId="v1" contentType="video" startup="true" lang="en"><ContentRating value="x"/></MediaInfo><AEAMedia><AEAId>a</AEAId></AEAMedia></ContentInfo><Payload codePoint="128" formatId="1" frag="0" order="true" srcFecPayloadId="0" fecParams="000000000000040001000104"/></SrcFlow></LS>',
  '<LS tsi="15"><RepairFlow><FECParameters maximumDelay="500" overhead="25" minBuffSize="9000" fecOTI="000000000000040001000104"><ProtectedObject tsi="10" sourceTOI="2*TOI+1" fecTransportObjectSize="9"/></FECParameters></RepairFlow></LS></RS></S-TSID>',
)
export const KOREAN_EFDT = text(
  '<EFDT version="252"><FileTemplate>1_$TOI$.m4s</FileTemplate><FDTParameters><File TOI="1" Content-Location="a" Content-Length="3" Transfer-Length="3" Content-Type="text/plain" Content-Encoding="gzip"/></FDTParameters></EFDT>',
)
export const FDT = text(
  '<FDT-Instance Expires="4294944000" Complete="true" FEC-OTI-FEC-Encoding-ID="0" xmlns="urn:IETF:metadata:2005:FLUTE:FDT"><File TOI="1" Content-Location="urn:x:gateway-configuration" Content-Length="2659" Transfer-Length="2659" FEC-OTI-Maximum-Source-Block-Length="65535" FEC-OTI-Encoding-Symbol-Length="1416" FEC-OTI-FEC-Encoding-ID="6" FEC-OTI-Scheme-Specific-Info="AQABBA==" Content-MD5="gS/3/pg2pE6+hjMwx9znyA=="/><File TOI="2" Content-Location="a?isLast#20"/><Base-URL-1>http://e/</Base-URL-1></FDT-Instance>',
)
export const USBD = text(
  '<BundleDescriptionROUTE><UserServiceDescription serviceId="5009" serviceStatus="true"><Name lang="en">ESG</Name><ServiceLanguage>en</ServiceLanguage><DeliveryMethod><BroadcastAppService><BasePattern>a/</BasePattern></BroadcastAppService><UnicastAppService><BasePattern>b/</BasePattern></UnicastAppService></DeliveryMethod></UserServiceDescription></BundleDescriptionROUTE>',
)
export const USBD_MMT = text(
  '<BundleDescriptionMMT><UserServiceDescription serviceId="1001"><Name xml:lang="en">One</Name><ServiceLanguage>en</ServiceLanguage><MPUComponent mmtPackageId="P" nextMmtPackageId="Q"/><ROUTEComponent sTSIDUri="u" sTSIDDestinationIpAddress="239.1.1.1" sTSIDDestinationUdpPort="5"/><BroadbandComponent fullMPDUri="m"/><ComponentInfo componentType="1" componentRole="0" componentProtectedFlag="0" componentId="c" componentName="v"/></UserServiceDescription></BundleDescriptionMMT>',
)
export const ENVELOPE = text(
  '<metadataEnvelope><item metadataURI="usbd.xml" version="1" validFrom="2026-01-01T00:00:00Z" validUntil="2027-01-01T00:00:00Z" contentType="application/route-usd+xml"/></metadataEnvelope>',
)
export const HELD = text(
  '<HELD><HTMLEntryPackage appContextId="a" requiredCapabilities="x" appRendering="true" bcastEntryPackageUrl="p" bcastEntryPageUrl="q" bbandEntryPageUrl="http://e" validFrom="2026-01-01T00:00:00Z" coupledServices="1 2" lctTSIRef="3"/></HELD>',
)
export const APD = text(
  '<AssociatedProcedureDescription><PostFileRepair offsetTime="5" randomTimePeriod="10"/></AssociatedProcedureDescription>',
)
export const DWD = text(
  '<DWD><DistributionWindow startTime="2026-01-01T00:00:00Z" endTime="2026-01-01T01:00:00Z" lctTSIRef="3 4" contentLabel="c"><AppContextId dwFilterCode="1">a</AppContextId></DistributionWindow></DWD>',
)
export const MABR = text(
  '<MulticastGatewayConfiguration xmlns="urn:dvb:metadata:MulticastSessionConfiguration:2023" validityPeriod="PT1H"><MulticastGatewayConfigurationTransportSession transportSecurity="integrity"><TransportProtocol protocolIdentifier="urn:dvb:metadata:cs:MulticastTransportProtocolCS:2019:FLUTE" protocolVersion="1"/><EndpointAddress><NetworkSourceAddress>10.0.0.1</NetworkSourceAddress><NetworkDestinationGroupAddress>225.1.1.0</NetworkDestinationGroupAddress><TransportDestinationPort>6000</TransportDestinationPort><MediaTransportSessionIdentifier>1</MediaTransportSessionIdentifier></EndpointAddress><BitRate average="7" maximum="9"/><ObjectCarousel aggregateTransportSize="3"><PresentationManifests/><InitSegments serviceIdRef="s"/><ResourceLocator revalidationPeriod="PT1S">u</ResourceLocator></ObjectCarousel></MulticastGatewayConfigurationTransportSession>',
  '<MulticastSession serviceIdentifier="s" contentPlaybackAvailabilityOffset="PT4S"><PresentationManifestLocator manifestId="m" contentType="application/dash+xml" transportObjectURI="t/manifest.mpd">http://e/m.mpd</PresentationManifestLocator><MulticastTransportSession id="10" transmissionMode="chunked" sessionIdleTimeout="60000"><TransportProtocol protocolIdentifier="x:ROUTE" protocolVersion="1"/><EndpointAddress><NetworkDestinationGroupAddress>225.1.1.0</NetworkDestinationGroupAddress><TransportDestinationPort>6001</TransportDestinationPort></EndpointAddress><ForwardErrorCorrectionParameters><SchemeIdentifier>urn:ietf:rmt:fec:encoding:6</SchemeIdentifier><OverheadPercentage>25</OverheadPercentage></ForwardErrorCorrectionParameters><UnicastRepairParameters transportObjectBaseURI="t/" transportObjectReceptionTimeout="50" fixedBackOffPeriod="10" randomBackOffPeriod="20"><BaseURL relativeWeight="2">http://e/</BaseURL></UnicastRepairParameters><ServiceComponentIdentifier xmlns:xsi="x" xsi:type="DASHComponentIdentifierType" manifestIdRef="m" periodIdentifier="1" adaptationSetIdentifier="1" representationIdentifier="1"/></MulticastTransportSession></MulticastSession></MulticastGatewayConfiguration>',
)
export const PACKAGE = text(
  'Content-Type: multipart/related; type="application/mbms-envelope+xml"; boundary="b"\r\n\r\n--b\r\nContent-Type: application/dash+xml\r\nContent-Location: a.mpd\r\n\r\n<MPD/>\r\n--b\r\nContent-Type: application/route-s-tsid+xml\r\nContent-Location: s.xml\r\n\r\n<S-TSID/>\r\n--b--\n',
)
export const SIGNED_PACKAGE = text(
  'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary="s"\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\nhello\r\n--s\r\nContent-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--s--\r\n',
)
export const ENTITY = text(
  'Content-Location: a/b.html\r\nContent-Type: text/html\r\nContent-Encoding: identity\r\n\r\nbody',
)
export const MPD = demoFile('manifest.mpd')
export const MASTER = demoFile('master.m3u8')
export const PLAYLIST = text(
  '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:4\n#EXT-X-MAP:URI="i.mp4",BYTERANGE="10@0"\n#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:2.0,\na-4.m4s\n#EXT-X-BYTERANGE:100@20\n#EXTINF:1.9,\na-5.m4s\n#EXT-X-ENDLIST\n',
)

/** A ROUTE packet with EXT_TOL, EXT_TIME and EXT_FTI as on air. */
export const ROUTE_PACKET = hex(
  '12a1 0c 08 00000000 0000000a 00000007 c2001000 0203c000 e1000000 00000000 4004 000000001000 0000 05a8 00000000 00000064 aabbccdd',
)
export const FLUTE_FDT_PACKET = hex(
  '1010 0b 00 00000000 0001 0000 c0100001 4004 00000000059c 0000 0588 ffff 0203c000 e1000000 00000000 00000000 3c4644542d',
)
export function plainLct(): Uint8Array {
  const header = routeLctHeader({ tsi: asTsi(10), toi: asToi(7), codepoint: 8, extensions: [] })
  const bytes = new Uint8Array(lctHeaderBytes(header) + 4 + 20)
  serialiseLctHeader(header, bytes)
  return bytes
}

/** MMTP as found on air: a fragment of a sample, an audio sample with its hint, an MPT message. */
export const MMTP_VIDEO = hex(
  '6200 0023 b0470000 002be281 0035c341 a400 001c 2c 74 0000175d 00000001 00000001 000010c8 01 00 00112233445566778899',
)
const HINT = '00000000 01 00000001 00000001 01 00 00000008 000001ff 0000000b 6d756c69 000102'
export const MMTP_AUDIO = hex(
  `6200 0024 b0470000 0008dac0 0035c342 a400 003a 28 00 0000175d 00000001 00000001 00000000 01 00 ${HINT} 0011223344556677`,
)
export const HINT_SAMPLE = hex(HINT)
const ASSETS = `00 00000000 00000010 ${'11'.repeat(16)} 68657631 fe 01 00 0023 0000 00 00000000 00000010 ${'22'.repeat(16)} 6d703461 fe 01 00 0024 0000`
export const MP_TABLE = hex(`20 01 0058 fc 0b ${Buffer.from('ATEME_MMT_4').toString('hex')} 0000 02 ${ASSETS}`)
export const MPT_MESSAGE = hex(`0020 01 005c ${Buffer.from(MP_TABLE).toString('hex')}`)
export const MMTP_SIGNALLING = hex(
  `6202 0000 b0470000 00000001 00000002 a400 3c 00 ${Buffer.from(MPT_MESSAGE).toString('hex')}`,
)
export const MPI_TABLE = hex('10 02 0010 f7 0000 01 01 74 01 6e 0000 0004 3c612f3e')
export const MPI_TABLE_NARROW = hex('10 02 000f f7 0000 01 01 74 01 6e 00 0004 3c612f3e')
export const MPU_TIMESTAMPS = hex('0001 0c 00002af5 dfc2b041fef9d7ff')
export const ATSC3_BODY = hex(`03e9 0001 00 01 03 752f31 00000007 ${Buffer.from('<USBD/>').toString('hex')}`)
export const LMT = hex('03 03 02 ac10c801 e000173c 9301 1349 3f ac10c801 efff1409 9301 cb29 bf 09')
export const BASEBAND = hex(`ac0ae203${'ff'.repeat(98)}0020450000200000`)
