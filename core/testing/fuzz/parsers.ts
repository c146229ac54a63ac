import { latin1Text } from '#platform'
import { ByteReader } from '../../bytes/byte-reader.ts'
import { parsePcapHeader } from '../../capture/pcap-parser.ts'
import { asToi } from '../../contract/ids.ts'
import { parseHlsAttributes, parseMedia, parsePlaylist } from '../../manifest/hls/parse.ts'
import { parseMpd } from '../../manifest/mpd/parse.ts'
import { parseXsDateTime, parseXsDuration } from '../../manifest/mpd/time.ts'
import { parseXmlSource } from '../../manifest/mpd/xml-source.ts'
import { readAvcPps, readAvcSps } from '../../media/annexb/avc-parameters.ts'
import { readHevcPps, readHevcSps } from '../../media/annexb/hevc-parameters.ts'
import { describeBox, readBoxTree } from '../../media/bmff/box-tree.ts'
import { readBoxes } from '../../media/bmff/boxes.ts'
import { decodeCaptions } from '../../media/captions/caption-decoder.ts'
import { readCaptionPictures } from '../../media/captions/caption-pictures.ts'
import { parseMovieFragment } from '../../media/mmt/movie-fragment.ts'
import { parseMpuMovie } from '../../media/mmt/mpu-movie.ts'
import { readMpuFile } from '../../media/mmt/mpu-reader.ts'
import { parseLmt, parseRdt } from '../../protocol/alp/link-table.ts'
import { readCertificate } from '../../protocol/cms/certificate.ts'
import { readSignedData } from '../../protocol/cms/signed-data.ts'
import { parseOti, parseOtiHex } from '../../protocol/fec/oti.ts'
import { readRepairFlow } from '../../protocol/fec/repair-flow.ts'
import { parseToiExpression } from '../../protocol/fec/toi-expression.ts'
import { parseChunkName } from '../../protocol/flute/chunk-name.ts'
import { parseFdt, readFdt } from '../../protocol/flute/fdt.ts'
import { gunzipIfGzip, gunzipLimited, unpackLimited } from '../../protocol/gzip.ts'
import { parseIpv4, parseIpv6 } from '../../protocol/ip/address.ts'
import { describeLctPacket } from '../../protocol/lct/describe.ts'
import { parseLctExtensions } from '../../protocol/lct/extensions.ts'
import { parseLctHeader } from '../../protocol/lct/header.ts'
import { readAeat } from '../../protocol/lls/aeat.ts'
import { readCertificationData } from '../../protocol/lls/certification-data.ts'
import { parseLlsTable } from '../../protocol/lls/lls-table.ts'
import { readOnscreenMessages } from '../../protocol/lls/onscreen-message.ts'
import { parseSignedMultiTable } from '../../protocol/lls/signed-multi-table.ts'
import { parseSlt, readSlt } from '../../protocol/lls/slt.ts'
import { parseSystemTime, readSystemTime } from '../../protocol/lls/system-time.ts'
import { parseMabrConfiguration } from '../../protocol/mabr/configuration-parser.ts'
import { parseEntity } from '../../protocol/mime/entity.ts'
import { parseMediaType, readHeaderBlock } from '../../protocol/mime/headers.ts'
import { parseMultipart } from '../../protocol/mime/multipart.ts'
import { readSignedEntity } from '../../protocol/mime/signed.ts'
import { parseAtsc3Body } from '../../protocol/mmtp/atsc3-message.ts'
import { describeMmtpPacket } from '../../protocol/mmtp/describe.ts'
import { parseHintSample } from '../../protocol/mmtp/hint-sample.ts'
import { parseMmtMessage, serialiseMmtMessage } from '../../protocol/mmtp/message.ts'
import { readMessageFields } from '../../protocol/mmtp/message-fields.ts'
import { parseMmtDescriptors } from '../../protocol/mmtp/mmt-descriptor.ts'
import { readMmtLocation } from '../../protocol/mmtp/mmt-location.ts'
import { parseMpTable } from '../../protocol/mmtp/mp-table.ts'
import { parseMpiBody, parseMpiTable } from '../../protocol/mmtp/mpi-table.ts'
import { parsePaBody } from '../../protocol/mmtp/pa-message.ts'
import { parseSignallingPayload } from '../../protocol/mmtp/signalling-payload.ts'
import { parseSignedAtsc3, serialiseSignedAtsc3 } from '../../protocol/mmtp/signed-message.ts'
import { readApd } from '../../protocol/sls/apd.ts'
import { readDwd } from '../../protocol/sls/dwd.ts'
import { parseEnvelope, readEnvelope } from '../../protocol/sls/envelope.ts'
import { readHeld } from '../../protocol/sls/held.ts'
import { parseStsid, readStsid } from '../../protocol/sls/s-tsid.ts'
import { parseUsbd, readUsbd } from '../../protocol/sls/usbd.ts'
import { parseUsbdMmt, readUsbdMmt } from '../../protocol/sls/usbd-mmt.ts'
import { parseBasebandHeader } from '../../protocol/stltp/baseband.ts'
import { fecPacketOf, parseFecPacket } from '../../protocol/stltp/fec-packet.ts'
import { readStrictXml } from '../../xml/strict-xml.ts'
import type { XmlElement } from '../../xml/xml-element.ts'
import { XML_LIMITS } from '../../xml/xml-limits.ts'
import { parseXml } from '../../xml/xml-parser.ts'
import { captionedSegment, demoCaptions } from '../captioned-media.ts'
import { makeIdentity, signCms } from '../signing.ts'
import type { FuzzedParser } from './fuzzed-parser.ts'
import * as sample from './samples.ts'
import { TEXT_PARSERS } from './text-parsers.ts'

const LIMIT = 1 << 20
const identity = makeIdentity('Signer')
/** A reader of an element, applied to bytes. */
const ofXml = (read: (root: XmlElement) => unknown) => (bytes: Uint8Array) => read(parseXml(bytes))
/** A reader of text, applied to bytes. */
const ofText = (read: (text: string) => unknown) => (bytes: Uint8Array) => read(latin1Text(bytes))
const rtp = (fill: number): Uint8Array => {
  const packet = new Uint8Array(40).fill(fill)
  packet.set([0x80, 0x61, 0, fill])
  return packet
}
const init = sample.demoFile('video-init.mp4')
const segment = sample.demoFile('video-1.m4s')
const movie = parseMpuMovie(init)
/** Captions of the demo, as triplets. */
const triplets = (number: number): Uint8Array =>
  Uint8Array.from(Array.from({ length: 50 }, (_, place) => demoCaptions(number)(place).flat()).flat())
/** Decodes triplets, of which a picture has four. */
const ofTriplets = (bytes: Uint8Array) => {
  const pictures = Array.from({ length: Math.ceil(bytes.length / 12) }, (_, at) => ({
    timeS: at / 25,
    triplets: bytes.subarray(12 * at, 12 * at + 12),
  }))
  return decodeCaptions(pictures, pictures.length / 25)
}

/** Parsers of what broadcasts, captures and media say. */
const BYTE_PARSERS: readonly FuzzedParser[] = [
  {
    name: 'parsePcapHeader',
    samples: [sample.hex(`a1b2c3d4 00020004 00000000 00000000 0000ffff 00000001`)],
    parse: parsePcapHeader,
  },
  { name: 'parsePlaylist', samples: [sample.PLAYLIST, sample.MASTER], parse: parsePlaylist },
  {
    name: 'parseHlsAttributes',
    samples: [sample.text('BANDWIDTH=800000,CODECS="avc1.42c00d,mp4a.40.2",RESOLUTION=320x180,AUDIO="a"')],
    parse: ofText(parseHlsAttributes),
  },
  {
    name: 'parseMedia',
    samples: [
      sample.text('#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:2,\na.m4s\n#EXT-X-ENDLIST\n'),
    ],
    parse: ofText((text) => parseMedia(text.split('\n'))),
  },
  { name: 'parseMpd', samples: [sample.MPD], parse: (bytes) => parseMpd(bytes) },
  { name: 'parseXsDuration', samples: [sample.text('P1DT2H3M4.5S')], parse: ofText(parseXsDuration) },
  { name: 'parseXsDateTime', samples: [sample.text('2026-11-21T15:28:07.123Z')], parse: ofText(parseXsDateTime) },
  { name: 'parseXmlSource', samples: [sample.MPD, sample.STSID], parse: parseXmlSource },
  { name: 'readBoxes', samples: [init, moofOf(segment).slice(0, -8)], parse: (bytes) => readBoxes(bytes) },
  { name: 'readAvcSps', samples: [sample.AVC_SPS], parse: readAvcSps },
  { name: 'readAvcPps', samples: [sample.hex('68ebe3cb22c0')], parse: readAvcPps },
  { name: 'readHevcSps', samples: [sample.HEVC_SPS], parse: readHevcSps },
  { name: 'readHevcPps', samples: [sample.hex('4401c172b46240')], parse: readHevcPps },
  {
    name: 'readCaptionPictures',
    samples: [captionedSegment(init, segment, 'avc', demoCaptions(1)).slice(0, 20_000)],
    parse: (bytes) => readCaptionPictures(init, bytes) ?? [],
  },
  { name: 'decodeCaptions', samples: [triplets(1), triplets(2)], parse: ofTriplets },
  { name: 'parseMpuMovie', samples: [init], parse: parseMpuMovie },
  {
    name: 'readMpuFile',
    samples: [new Uint8Array(Buffer.concat([init, segment]))],
    parse: (bytes) => readMpuFile(bytes.length, (from, to) => bytes.subarray(from, to)),
  },
  { name: 'parseMovieFragment', samples: [moofOf(segment)], parse: (bytes) => parseMovieFragment(bytes, movie, 0) },
  { name: 'parseLmt', samples: [sample.LMT], parse: (bytes) => parseLmt(bytes) },
  { name: 'parseRdt', samples: [sample.hex('04 07 ff 00')], parse: (bytes) => parseRdt(bytes) },
  { name: 'readCertificate', samples: [identity.der], parse: readCertificate },
  { name: 'readSignedData', samples: [signCms(sample.SLT, identity)], parse: readSignedData },
  {
    name: 'parseOti',
    samples: [sample.hex('0000100000 00 0400 01 0001 04 00')],
    parse: (bytes) => parseOti(bytes, 0, bytes.length, 6),
  },
  { name: 'parseOtiHex', samples: [sample.text('000010000000040001000104')], parse: ofText(parseOtiHex) },
  { name: 'readRepairFlow', samples: [sample.STSID], parse: ofXml(readRepairFlow) },
  {
    name: 'parseToiExpression',
    samples: [sample.text('2*TOI+1'), sample.text('(TOI<<1)-(3%2)')],
    parse: ofText((text) => parseToiExpression(text).valueAt(asToi(7))),
  },
  {
    name: 'parseChunkName',
    samples: [sample.text('a/b.m4s?isLast&hasRandomAccessPoint#154360')],
    parse: ofText(parseChunkName),
  },
  { name: 'parseFdt', samples: [sample.FDT, sample.KOREAN_EFDT, sample.gzip(sample.FDT)], parse: parseFdt },
  { name: 'readFdt', samples: [sample.FDT, sample.KOREAN_EFDT], parse: ofXml(readFdt) },
  { name: 'gunzipLimited', samples: [sample.gzip(sample.SLT)], parse: (bytes) => gunzipLimited(bytes, LIMIT) },
  { name: 'unpackLimited', samples: [sample.gzip(sample.SLT)], parse: (bytes) => unpackLimited(bytes, LIMIT) },
  {
    name: 'gunzipIfGzip',
    samples: [sample.gzip(sample.SLT), sample.SLT],
    parse: (bytes) => gunzipIfGzip(bytes, LIMIT),
  },
  { name: 'parseIpv4', samples: [sample.text('239.255.1.1')], parse: ofText(parseIpv4) },
  { name: 'parseIpv6', samples: [sample.text('ff15::1:2')], parse: ofText(parseIpv6) },
  {
    name: 'readBoxTree',
    samples: [init, segment],
    parse: (bytes) => readBoxTree(bytes, [[bytes.length >> 1, (bytes.length >> 1) + 9]], bytes.length + 1),
  },
  {
    name: 'describeBox',
    samples: [init, segment],
    parse: (bytes) =>
      readBoxTree(bytes, [], null).rows.map(({ offset }) => describeBox(bytes, [[20, 24]], offset).length),
  },
  {
    name: 'describeLctPacket',
    samples: [sample.ROUTE_PACKET, sample.FLUTE_FDT_PACKET, sample.plainLct()],
    parse: (bytes) => describeLctPacket(bytes, 0, bytes.length),
  },
  {
    name: 'parseLctExtensions',
    samples: [sample.ROUTE_PACKET.slice(16, 48)],
    parse: (bytes) => [0, 6, 1].map((fec) => parseLctExtensions(bytes, 0, bytes.length, fec)),
  },
  {
    name: 'parseLctHeader',
    samples: [sample.ROUTE_PACKET, sample.FLUTE_FDT_PACKET, sample.plainLct()],
    parse: (bytes) => parseLctHeader(bytes),
  },
  { name: 'readAeat', samples: [sample.AEAT], parse: ofXml(readAeat) },
  { name: 'readCertificationData', samples: [sample.CERTIFICATION], parse: ofXml(readCertificationData) },
  {
    name: 'parseLlsTable',
    samples: [
      concat([1, 0, 0, 1], sample.gzip(sample.SLT)),
      concat([3, 1, 0, 2], sample.SYSTEM_TIME),
      signedMultiTable(),
    ],
    parse: (bytes) => parseLlsTable(bytes, LIMIT),
  },
  {
    name: 'parseSignedMultiTable',
    samples: [signedMultiTable()],
    parse: (bytes) => parseSignedMultiTable(parseLlsTable(bytes, LIMIT)),
  },
  { name: 'readOnscreenMessages', samples: [sample.ONSCREEN], parse: ofXml(readOnscreenMessages) },
  { name: 'parseSlt', samples: [sample.SLT], parse: parseSlt },
  { name: 'readSlt', samples: [sample.SLT], parse: ofXml(readSlt) },
  { name: 'parseSystemTime', samples: [sample.SYSTEM_TIME], parse: parseSystemTime },
  { name: 'readSystemTime', samples: [sample.SYSTEM_TIME], parse: ofXml(readSystemTime) },
  { name: 'parseMabrConfiguration', samples: [sample.MABR], parse: parseMabrConfiguration },
  { name: 'parseEntity', samples: [sample.ENTITY], parse: parseEntity },
  { name: 'readHeaderBlock', samples: [sample.ENTITY], parse: (bytes) => readHeaderBlock(bytes, 0, bytes.length) },
  {
    name: 'parseMediaType',
    samples: [sample.text('multipart/related; type="a/b"; boundary=x')],
    parse: ofText(parseMediaType),
  },
  { name: 'parseMultipart', samples: [sample.PACKAGE], parse: parseMultipart },
  { name: 'readSignedEntity', samples: [sample.SIGNED_PACKAGE], parse: readSignedEntity },
  { name: 'parseAtsc3Body', samples: [sample.ATSC3_BODY], parse: (bytes) => parseAtsc3Body(bytes, LIMIT) },
  {
    name: 'describeMmtpPacket',
    samples: [sample.MMTP_VIDEO, sample.MMTP_AUDIO, sample.MMTP_SIGNALLING],
    parse: (bytes) => describeMmtpPacket(bytes, 0, bytes.length),
  },
  { name: 'parseHintSample', samples: [sample.HINT_SAMPLE], parse: parseHintSample },
  { name: 'parseMmtMessage', samples: [sample.MPT_MESSAGE], parse: parseMmtMessage },
  { name: 'parseMmtDescriptors', samples: [sample.MPU_TIMESTAMPS], parse: parseMmtDescriptors },
  {
    name: 'readMmtLocation',
    samples: [sample.hex('000023'), sample.hex('01 0a000001 efff0101 1770 0023'), sample.hex('05 03 612f62')],
    parse: (bytes) => readMmtLocation(new ByteReader(bytes, 0, bytes.length, 'mmt-truncated')),
  },
  { name: 'parseMpTable', samples: [sample.MP_TABLE], parse: parseMpTable },
  { name: 'parseMpiTable', samples: [sample.MPI_TABLE, sample.MPI_TABLE_NARROW], parse: parseMpiTable },
  {
    name: 'parseMpiBody',
    samples: [concat([0x7f], sample.MPI_TABLE), concat([0xff, ...sample.MPI_TABLE], sample.MP_TABLE)],
    parse: parseMpiBody,
  },
  {
    name: 'readMessageFields',
    samples: [
      sample.hex('0200 21 01 0014 01 0000 0f 05 fc0000000100 e6000000 80000000'),
      sample.hex('0203 fd 0017 01 01 02 02 0023 0024 13 0400 07 01 000100 000010 00000064 00001000'),
      sample.hex('0204 000003e8 00000000 00000000'),
      sample.hex('020a 01 01 00010000 80'),
    ],
    parse: (bytes) => readMessageFields(((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0), bytes.subarray(2)),
  },
  {
    name: 'parseSignedAtsc3',
    samples: [
      serialiseSignedAtsc3(serialiseMmtMessage(0x8100, 1, sample.ATSC3_BODY), signCms(sample.SLT, identity)),
      sample.ATSC3_BODY,
    ],
    parse: (bytes) => parseSignedAtsc3(bytes, LIMIT),
  },
  {
    name: 'parsePaBody',
    samples: [concat([1, 0x20, 1, 0, sample.MP_TABLE.length], sample.MP_TABLE)],
    parse: parsePaBody,
  },
  {
    name: 'parseSignallingPayload',
    samples: [concat([0x3c, 0], sample.MPT_MESSAGE), concat([1, 0, 0, sample.MPT_MESSAGE.length], sample.MPT_MESSAGE)],
    parse: (bytes) => parseSignallingPayload(bytes, 0, bytes.length),
  },
  { name: 'readApd', samples: [sample.APD], parse: ofXml(readApd) },
  { name: 'readDwd', samples: [sample.DWD], parse: ofXml(readDwd) },
  { name: 'parseEnvelope', samples: [sample.ENVELOPE], parse: parseEnvelope },
  { name: 'readEnvelope', samples: [sample.ENVELOPE], parse: ofXml(readEnvelope) },
  { name: 'readHeld', samples: [sample.HELD], parse: ofXml(readHeld) },
  { name: 'parseStsid', samples: [sample.STSID], parse: parseStsid },
  { name: 'readStsid', samples: [sample.STSID], parse: ofXml(readStsid) },
  { name: 'parseUsbd', samples: [sample.USBD], parse: parseUsbd },
  { name: 'readUsbd', samples: [sample.USBD], parse: ofXml(readUsbd) },
  { name: 'parseUsbdMmt', samples: [sample.USBD_MMT], parse: parseUsbdMmt },
  { name: 'readUsbdMmt', samples: [sample.USBD_MMT], parse: ofXml(readUsbdMmt) },
  {
    name: 'parseBasebandHeader',
    samples: [sample.BASEBAND, sample.hex('14 00')],
    parse: (bytes) => parseBasebandHeader(bytes),
  },
  {
    name: 'parseFecPacket',
    samples: [fecPacketOf([rtp(1), rtp(2), rtp(3)], 1, true, 9)],
    parse: (bytes) => parseFecPacket(bytes, 0, bytes.length),
  },
  {
    name: 'readStrictXml',
    samples: [sample.STSID, sample.SLT],
    parse: (bytes) => readStrictXml(latin1Text(bytes), XML_LIMITS, { skippedLines: 0, skipped: 0 }),
  },
  { name: 'parseXml', samples: [sample.STSID, sample.MABR, sample.SLT], parse: (bytes) => parseXml(bytes) },
]

/** Every parser of the program. */
export const PARSERS: readonly FuzzedParser[] = [...BYTE_PARSERS, ...TEXT_PARSERS]

/** Functions with a parser's name that take parsed input or a number. */
export const NOT_FOR_BYTES: ReadonlySet<string> = new Set([
  ...['parseAddressing', 'parseAvailabilityOffset', 'parseSlsToi', 'describeSlsToi', 'parseUint', 'readToi'],
  // What a window or the engine itself made.
  ...['parsePicture', 'parseRecordingOptions', 'unpackObjectRows', 'unpackRows', 'readProperties', 'parseFilter'],
  // Fields of a saved session, which parseSessionSpec reads; the file is read by its own.
  ...['parseLog', 'parseVersion1', 'readSavedSession', 'readGpacArguments', 'readCommandLine'],
  // They open files, and give their bytes to parsers.
  ...['readRegular', 'readSpilled', 'readTls', 'readProcUdp', 'readFailure'],
  // Steps of a reception or an answer, which have targets of their own.
  ...['unpackWithin', 'readWithin', 'readFilesWithin', 'readWholeTable', 'readPieces', 'decodeBlock', 'decodeOnce'],
  // Words of what is known.
  ...['describePlan', 'describeFilter', 'describeInterfaces'],
  // The platform's own parser.
  'parseUrl',
])

/** Classes that read bytes, and the target that gives them hostile ones. */
export const READING_CLASSES: Readonly<Record<string, string>> = {
  IpReader: 'reception route',
  FdtReader: 'reception mabr',
  RtpReorder: 'parser RtpReorder',
  PcapParser: 'capture of gzip of a packet in each member',
  PcapngParser: 'capture of pcapng of interfaces',
  CaptureReader: 'capture of gzip of empty members',
  FrameReader: 'capture of IP fragments that overlap',
  FieldReader: 'parser describeBox',
  BitReader: 'parser readAvcSps',
  ByteReader: 'parser readMmtLocation',
  AudioReader: 'media aac',
  AnnexBReader: 'media avc',
  NalSplitter: 'media hevc',
  Mp4Reader: 'media mp4',
  TsDemuxer: 'media ts',
  TsSplitter: 'parser splitterFor',
  FragmentSplitter: 'parser splitterFor',
  FrameSplitter: 'parser splitterFor',
  DecodedFragments: 'parser DecodedFragments',
  LiveReader: 'reading a live MPD',
  HlsReader: 'reading low-latency HLS',
  // They ask others to read.
  MediaDecoder: 'parser DecodedFragments',
}

function concat(head: readonly number[], tail: Uint8Array): Uint8Array {
  return Uint8Array.from([...head, ...tail])
}

/** A SignedMultiTable of two tables with an invalid signature. */
function signedMultiTable(): Uint8Array {
  const slt = sample.gzip(sample.SLT)
  const time = sample.gzip(sample.SYSTEM_TIME)
  const length = (bytes: Uint8Array) => [bytes.length >> 8, bytes.length & 255]
  return Uint8Array.from([
    0xfe,
    0,
    0,
    1,
    2,
    1,
    1,
    ...length(slt),
    ...slt,
    3,
    1,
    ...length(time),
    ...time,
    0,
    2,
    0x30,
    0,
  ])
}

/** The first movie fragment's metadata with the header of its `mdat`. */
function moofOf(bytes: Uint8Array): Uint8Array {
  const moof = readBoxes(bytes).find((box) => box.type === 'moof')
  if (moof === undefined) throw new Error('the demo has no movie fragment')
  return bytes.slice(moof.offset, moof.offset + moof.size + 8)
}
