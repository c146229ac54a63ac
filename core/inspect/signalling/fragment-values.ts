import { CodecError } from '../../bytes/codec-error.ts'
import type { JsonObject } from '../../contract/report.ts'
import { parsePlaylist } from '../../manifest/hls/parse.ts'
import { readFdt } from '../../protocol/flute/fdt.ts'
import { toJson, xmlValues } from '../../protocol/json-values.ts'
import { mmtMessageValues } from '../../protocol/mmtp/message-values.ts'
import { readApd } from '../../protocol/sls/apd.ts'
import { readDwd } from '../../protocol/sls/dwd.ts'
import { readEnvelope } from '../../protocol/sls/envelope.ts'
import { readHeld } from '../../protocol/sls/held.ts'
import { readStsid } from '../../protocol/sls/s-tsid.ts'
import { readUsbd } from '../../protocol/sls/usbd.ts'
import { isUsbdMmt, readUsbdMmt } from '../../protocol/sls/usbd-mmt.ts'
import type { XmlElement } from '../../xml/xml-element.ts'
import { looksLikeXml, parseXml } from '../../xml/xml-parser.ts'
import { mpdValues } from './mpd-values.ts'

/**
 * Decodes a fragment of service layer signalling: a form for each type of the standard, elements and attributes for any
 * other XML. Called on demand, not on arrival.
 * @param type from the receiver: a `FragmentType`, or `EFDT`, `FDT`
 * @returns null for anything but XML, a playlist or an MMT message, and for unreadable content
 */
export function fragmentValues(type: string, body: Uint8Array): JsonObject | null {
  try {
    if (type === 'HLS') return playlistValues(body)
    return looksLikeXml(body) ? xmlFragment(type, parseXml(body)) : mmtMessageValues(type, body)
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

function xmlFragment(type: string, root: XmlElement): JsonObject | null {
  switch (type) {
    case 'USBD':
      return toJson(isUsbdMmt(root) ? readUsbdMmt(root) : readUsbd(root)) as JsonObject
    case 'S-TSID':
      return toJson(withoutTree(readStsid(root))) as JsonObject
    case 'MPD':
      return mpdValues(root)
    case 'HELD':
      return toJson(readHeld(root)) as JsonObject
    case 'DWD':
      return toJson(readDwd(root)) as JsonObject
    case 'APD':
      return toJson(readApd(root)) as JsonObject
    case 'ENVELOPE':
      return toJson(readEnvelope(root)) as JsonObject
    case 'EFDT':
    case 'FDT':
      return toJson(readFdt(root)) as JsonObject
    default:
      return xmlValues(root)
  }
}

/** Leaves out the repair flow's raw element, which is for serialising; its values are present. */
function withoutTree(stsid: ReturnType<typeof readStsid>): unknown {
  return {
    ...stsid,
    sessions: stsid.sessions.map((session) => ({
      ...session,
      channels: session.channels.map((channel) => {
        if (channel.repair === null) return channel
        const { element: _, ...repair } = channel.repair
        return { ...channel, repair }
      }),
    })),
  }
}

/** Bound on the listed segments of a playlist. */
const MAX_SEGMENTS = 1000

function playlistValues(body: Uint8Array): JsonObject {
  const playlist = parsePlaylist(body)
  if (playlist.kind === 'master') {
    const { version, independentSegments, variants, renditions } = playlist
    return toJson({ kind: 'master', version, independentSegments, variants, renditions }) as JsonObject
  }
  const { lines: _lines, headerLines: _headerLines, segments, ...rest } = playlist
  const listed = segments.slice(0, MAX_SEGMENTS).map(({ uri, sequence, durationS, byteRange, programDateTime }) => ({
    uri,
    sequence,
    durationS,
    byteRange,
    programDateTime,
  }))
  return toJson({ ...rest, segmentCount: segments.length, segments: listed }) as JsonObject
}
