import { latin1Text } from '#platform'
import { parseHostPort, parseSeconds } from '../../cli/argument-values.ts'
import { parseChances, parseEndpoint, readGpac, readOption } from '../../contract/option-values.ts'
import { readStoredRequest } from '../../contract/stored-request.ts'
import { DecodedFragments } from '../../decode/decoded-fragments.ts'
import { parseGpacLine } from '../../engine/gpac/gpac-line.ts'
import { readGpacLogs } from '../../engine/gpac/gpac-logs.ts'
import { readGpacLine } from '../../engine/gpac/gpac-reader.ts'
import { parseFrameRate } from '../../engine/media/frame-rate.ts'
import { readReceiveUrl } from '../../engine/receiving/receive-address.ts'
import { PART_DESCRIPTIONS } from '../../engine/registry.ts'
import { parseLogOption } from '../../engine/spec/log-spec.ts'
import { parseSessionSpec } from '../../engine/spec/spec.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { parseNameTemplate } from '../../files/name-template.ts'
import { parseContentRange } from '../../http/client/content-range.ts'
import { parseRange, parseRanges } from '../../http/ranges.ts'
import { parseTarget } from '../../http/request-target.ts'
import { parseRepresentationChoice } from '../../ingest/chosen-mpd.ts'
import { parsePlaylistOf } from '../../ingest/hls-playlists.ts'
import { probeFormat } from '../../media/stream/probe-format.ts'
import { probeMediaType, splitterFor } from '../../media/stream/split-stream.ts'
import { decodeContent } from '../../protocol/content-encoding.ts'
import { decodeTransfer } from '../../protocol/mime/transfer-encoding.ts'
import { RtpReorder } from '../../protocol/rtp/rtp-reorder.ts'
import { readHlsCodecs, readMpdFacts } from '../../receive/signalling/mpd-facts.ts'
import { readPostFileRepair } from '../../repair/post-file-repair.ts'
import { parseRepairServers } from '../../send/repair-servers.ts'
import { readIni } from '../../server/ini.ts'
import { readPatch } from '../../server/patch.ts'
import { readLoggedRequests } from '../../server/request-log.ts'
import { Users } from '../../server/users.ts'
import { parseProcUdp } from '../../socket/host-drops.ts'
import { parseMulticastUrl } from '../../socket/multicast-url.ts'
import { parsePacketFraction } from '../../socket/stream/packet-shaper.ts'
import { parseStreamAddress } from '../../socket/stream/stream-address.ts'
import type { FuzzedParser } from './fuzzed-parser.ts'
import * as sample from './samples.ts'

/** Refusals in words are answers. */
const words = (read: () => unknown): unknown => {
  try {
    return read() ?? 'nothing'
  } catch (thrown) {
    if (thrown instanceof AppFailure || (thrown as Error).name === 'InvalidArgumentError') return thrown
    throw thrown
  }
}
const ofText = (name: string, samples: readonly string[], read: (text: string) => unknown): FuzzedParser => ({
  name,
  samples: samples.map((each) => sample.text(each)),
  parse: (bytes) => words(() => read(latin1Text(bytes))),
})
const ofBytes = (name: string, samples: readonly Uint8Array[], read: (bytes: Uint8Array) => unknown): FuzzedParser => ({
  name,
  samples,
  parse: (bytes) => words(() => read(bytes)),
})
const json = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const concatenated = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const SESSION =
  '{"format":"routescope-session","version":2,"parts":[{"id":"a","kind":"multicast","url":"route://239.1.1.1:6000"},{"id":"b","kind":"gateway","listen":"127.0.0.1:0"}],"links":[{"from":"a","to":"b"}],"log":{"all":"debug"}}'
const SESSION_1 =
  '{"format":"routescope-session","version":1,"source":{"kind":"capture","file":"a.pcap"},"gateway":{"listen":"127.0.0.1:0"}}'
const GPAC = [
  '-i route://239.1.1.1:6000:tsiflow=x -o out.mp4:ext=mp4:#Rate=3',
  '-i "a b.mp4":store=frag reframer:xs=1 @ -o udp://127.0.0.1:1/:ext=ts -logs=all@debug',
]
const INI = `# users\n[groups]\nstaff=eve,bob\n[eve]\npassword=${'a'.repeat(64)}\nsalt=${'b'.repeat(64)}\n`
const OPTIONS = PART_DESCRIPTIONS.flatMap(({ options }) => options)
const PUSHED = ['audio/mpeg', 'audio/aac', 'video/mp2t', 'video/mp4', null] as const

/** Parsers of what persons, files of theirs, web pages and HTTP peers say, beside those of `parsers.ts`. */
export const TEXT_PARSERS: readonly FuzzedParser[] = [
  ofText('parseHostPort', ['127.0.0.1:8080', '[::1]:80', ':0'], parseHostPort),
  ofText('parseSeconds', ['1.5', '1h', '90s'], parseSeconds),
  ofText('parseChances', ['0.1x20'], parseChances),
  ofText('parseEndpoint', ['127.0.0.1:8080', '[fe80::1%eth0]:80'], parseEndpoint),
  ofText('readOption', ['1.5', '127.0.0.1:0', 'true', '10MB', 'a=b,c'], (text) =>
    OPTIONS.map((row) => readOption(row, text).ok),
  ),
  ofText('readGpac', ['1.5', '3/10', 'false', 'auto'], (text) => OPTIONS.map((row) => readGpac(row, text).ok)),
  ofText('readStoredRequest', ['{"sources":["a.pcap"],"choices":{"pace":"real"},"label":"x"}'], (text) =>
    readStoredRequest(json(text)),
  ),
  ofText('parseGpacLine', GPAC, (text) => parseGpacLine(text, ['reframer'])),
  ofText('readGpacLine', GPAC, (text) => readGpacLine(text)),
  ofText('readGpacLogs', ['all@debug:http@info', 'ncl'], (text) => readGpacLogs(text, (offset) => offset)),
  ofText('parseFrameRate', ['30000/1001', '29.97'], parseFrameRate),
  ofText('readReceiveUrl', ['route://225.1.1.0:6000', 'atsc://', 'stltp://239.0.0.1:30000'], (text) =>
    readReceiveUrl(text, 'all'),
  ),
  ofText('parseLogOption', ['dash:route@info,http@debug'], parseLogOption),
  ofText('parseSessionSpec', [SESSION, SESSION_1], (text) => parseSessionSpec(json(text), 'the session')),
  ofText('parseNameTemplate', ['files/$name$-$num%05d$.m4s', 'a/$num$'], parseNameTemplate),
  ofText('parseContentRange', ['bytes 0-9/10', 'bytes */10'], parseContentRange),
  ofText('parseRange', ['bytes=0-9'], parseRange),
  ofText('parseRanges', ['bytes=0-1,5-9,-3'], parseRanges),
  ofText('parseTarget', ['/a/b%20c?x=1#y', 'http://h:1/a'], parseTarget),
  ofText('parseRepresentationChoice', ['all', 'v1,a1'], parseRepresentationChoice),
  ofBytes('parsePlaylistOf', [sample.PLAYLIST, sample.MASTER], (bytes) => parsePlaylistOf('m.m3u8', bytes)),
  ofBytes('probeFormat', [sample.demoFile('video-init.mp4')], (bytes) => probeFormat(bytes, 0, bytes.length) ?? 'none'),
  ofBytes('probeMediaType', [sample.text('ID3x'), sample.hex('fff14c80 0120fc')], probeMediaType),
  ofBytes('splitterFor', [sample.demoFile('video-1.m4s'), sample.hex('fffb9064 00 fffb9064')], (bytes) =>
    PUSHED.map((type) => {
      const splitter = splitterFor(type)
      const units = [
        ...splitter.push(bytes.subarray(0, bytes.length >> 1)),
        ...splitter.push(bytes.subarray(bytes.length >> 1)),
      ]
      return [...units, ...splitter.end()].length
    }),
  ),
  ofBytes(
    'DecodedFragments',
    [concatenated(sample.demoFile('video-init.mp4'), sample.demoFile('video-1.m4s'))],
    (bytes) => {
      const fragments = new DecodedFragments()
      return [...fragments.push(bytes.subarray(0, 30)), ...fragments.push(bytes.subarray(30))].length
    },
  ),
  ofBytes('decodeContent', [sample.gzip(sample.SLT)], (bytes) =>
    ['gzip', 'deflate', 'zlib', 'br', null].map((coding) => decodeContent(bytes, coding, 1 << 20).length),
  ),
  ofBytes('decodeTransfer', [sample.text('aGVsbG8=\r\n'), sample.text('a=3Db=\r\nc')], (bytes) =>
    ['base64', 'quoted-printable', null].map((encoding) => decodeTransfer(bytes, encoding).length),
  ),
  ofBytes(
    'RtpReorder',
    [sample.hex('80210001 00000000 00000001 47'), sample.hex('90a10002 00000000 00000001 00000001 00000000 47')],
    (bytes) => {
      let taken = 0
      const reorder = new RtpReorder(
        { depth: 4, delayUs: 1000 },
        () => taken++,
        () => taken++,
      )
      for (let at = 0; at < bytes.length; at += 17) reorder.packet(bytes.subarray(at, at + 30), at)
      reorder.tick(1e9)
      reorder.flush()
      return taken
    },
  ),
  ofBytes('readMpdFacts', [sample.MPD], (bytes) => readMpdFacts(bytes)),
  ofBytes('readHlsCodecs', [sample.MASTER], readHlsCodecs),
  ofBytes('readPostFileRepair', [sample.APD], readPostFileRepair),
  ofText('parseRepairServers', ['2;http://a.example/x,src', 'http://b.example/'], (text) =>
    parseRepairServers(text, 'http://in.example/m.mpd'),
  ),
  ofText('readIni', [INI], (text) => readIni(text, 'users.ini')),
  ofText('parse', [INI], (text) => Users.parse(text, 'users.ini')),
  ofText('readPatch', ['bytes 0-9/*', 'bytes=0-1,4-'], (text) => [
    readPatch({ range: text }),
    readPatch({ 'content-range': text }),
  ]),
  ofText('readLoggedRequests', ['-GET,rec,*'], readLoggedRequests),
  ofText(
    'parseProcUdp',
    ['  sl  local\n  1: 0100007F:1F90 00000000:0000 07 0:0 00:0 0 0 0 12345 2 0 3\n'],
    parseProcUdp,
  ),
  ofText('parseMulticastUrl', ['route://225.1.1.0:6000/x', 'mabr://[ff15::1]:6000', 'atsc://'], parseMulticastUrl),
  ofText('parsePacketFraction', ['3/10'], (text) => parsePacketFraction(text, 'pckd')),
  ofText('parseStreamAddress', ['udp://[ff02::1]:1234/', 'tcpu:///tmp/x', 'tcp://h'], (text) =>
    parseStreamAddress(text, 1234),
  ),
]
