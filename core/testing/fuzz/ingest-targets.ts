import { X509Certificate } from 'node:crypto'
import { CodecError } from '../../bytes/codec-error.ts'
import { EntryFaults } from '../../bytes/entry-faults.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { pathOfReference } from '../../files/outside-name.ts'
import type { GrowingOrigin } from '../../ingest/growing-origin.ts'
import { HlsLowLatencyFeed } from '../../ingest/hls-low-latency.ts'
import { masterOnAir } from '../../ingest/hls-on-air.ts'
import { parsePlaylistOf } from '../../ingest/hls-playlists.ts'
import { liveNames, livePlan } from '../../ingest/live-plan.ts'
import { NamesOnAir } from '../../ingest/names-on-air.ts'
import { PartFetch } from '../../ingest/parted-segment.ts'
import { PatientFetch } from '../../ingest/patient-fetch.ts'
import { resolveReference } from '../../manifest/reference.ts'
import { readCertificate } from '../../protocol/cms/certificate.ts'
import { type CmsSigner, signData } from '../../protocol/cms/sign-data.ts'
import { readSignedData } from '../../protocol/cms/signed-data.ts'
import { parseMabrConfiguration } from '../../protocol/mabr/configuration-parser.ts'
import { serialiseMabrConfiguration } from '../../protocol/mabr/configuration-writer.ts'
import { makeIdentity } from '../signing.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'
import { MABR, text } from './samples.ts'

const LIVE_URL = 'http://origin.example/live/m'
const STATION = makeIdentity('Station', makeIdentity('Issuer'))
const CERTIFICATES = [STATION.der]
const SPAN = { number: 7, time: 14, duration: 2, timescale: 1, startUs: 0, durationUs: 2e6 }

const LIVE_MPD = text(
  '<MPD type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z" minimumUpdatePeriod="PT2S"><BaseURL>a/</BaseURL><Location>n.mpd</Location>',
  '<Period id="1" start="PT0S"><AdaptationSet mimeType="video/mp4"><SegmentTemplate duration="2" startNumber="3" media="$RepresentationID$/$Number%03d$.m4s" initialization="$RepresentationID$.mp4"/><Representation id="v" bandwidth="1"/></AdaptationSet>',
  '<AdaptationSet mimeType="audio/mp4"><SegmentList duration="2"><Initialization sourceURL="i.mp4"/><SegmentURL media="s1.m4s"/><SegmentURL media="s2.m4s"/></SegmentList><Representation id="a" bandwidth="1"/></AdaptationSet></Period></MPD>',
)
const LOW_LATENCY_PLAYLIST = text(
  '#EXTM3U',
  '#EXT-X-VERSION:9',
  '#EXT-X-TARGETDURATION:4',
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0,CAN-SKIP-UNTIL=24',
  '#EXT-X-PART-INF:PART-TARGET=1.0',
  '#EXT-X-MEDIA-SEQUENCE:266',
  '#EXT-X-MAP:URI="init.mp4",BYTERANGE="500@0"',
  '#EXT-X-KEY:METHOD=AES-128,URI="k"',
  '#EXTINF:4.0,',
  'f266.mp4',
  '#EXT-X-DISCONTINUITY',
  '#EXT-X-PART:DURATION=1.0,URI="f267.1.mp4",INDEPENDENT=YES',
  '#EXT-X-PART:DURATION=1.0,URI="f267.mp4",BYTERANGE="900@20",GAP=YES',
  '#EXTINF:2.0,',
  'f267.mp4',
  '#EXT-X-PART:DURATION=1.0,URI="f268.1.mp4"',
  '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="f268.2.mp4",BYTERANGE-START=7',
  '#EXT-X-RENDITION-REPORT:URI="../a/x.m3u8",LAST-MSN=267,LAST-PART=1',
)
const MASTER = text(
  '#EXTM3U',
  '#EXT-X-DEFINE:NAME="d",VALUE="dir"',
  '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="g",NAME="n",URI="{$d}/a.m3u8?x=1"',
  '#EXT-X-SESSION-KEY:METHOD=AES-128,URI="k"',
  '#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f",AUDIO="g"',
  'http://other.example/x/v.m3u8',
  '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="i.m3u8"',
)

/** Reads a damaged document. @returns what is wrong, or null. @throws AppFailure or CodecError where it is refused in words */
type Reader = (bytes: Uint8Array) => Promise<string | null> | string | null

/** What a broadcast takes from an origin that nobody vouches for, and what it writes and signs of its own. */
export const ingestTargets = (): FuzzTarget[] => [
  target('reading a live MPD', [LIVE_MPD], 1, liveMpd),
  target('reading low-latency HLS', [LOW_LATENCY_PLAYLIST], 1, lowLatency),
  target('rewriting a multivariant playlist', [MASTER], 1, multivariant),
  target('writing a DVB-MABR configuration', [MABR], 1, mabr),
  target('signing with a certificate', CERTIFICATES, 1, signing),
]

function target(name: string, samples: readonly Uint8Array[], weight: number, read: Reader): FuzzTarget {
  const open = inProcess((count, random, spent) => attack(samples, read, count, random, spent))
  return { name, unit: 'documents', weight, batch: 500, open }
}

async function attack(
  samples: readonly Uint8Array[],
  read: Reader,
  count: number,
  random: () => number,
  spent: (ms: number) => void,
): Promise<string | null> {
  for (let done = 0; done < count; done++) {
    const sample = samples[Math.floor(random() * samples.length)] as Uint8Array
    const input = mutate(sample, sample, random)
    const began = performance.now()
    const wrong = await refused(read, input)
    spent(performance.now() - began)
    if (wrong !== null) return `${wrong}\nwith ${Buffer.from(input).toString('hex')}`
  }
  return null
}

async function refused(read: Reader, input: Uint8Array): Promise<string | null> {
  try {
    return await read(input)
  } catch (thrown) {
    if (thrown instanceof AppFailure || thrown instanceof CodecError) return null
    return `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`
  }
}

/** A name on air that a receiver could take for one outside of its folder. */
function leadsOut(names: Iterable<string>): string | null {
  for (const name of names)
    if (!pathOfReference(name.split(/[?#]/, 1)[0] ?? '').ok) return `sends ${JSON.stringify(name)}`
  return null
}

function liveMpd(bytes: Uint8Array): string | null {
  const { channels } = livePlan({ bytes, url: `${LIVE_URL}.mpd` }, 'm.mpd')
  return leadsOut(
    [...channels.values()].flat().map((entry) => {
      const { addressing } = entry.origin
      return liveNames(entry, addressing.kind === 'list' ? { ...SPAN, number: addressing.startNumber } : SPAN).name
    }),
  )
}

function lowLatency(bytes: Uint8Array): string | null {
  const url = `${LIVE_URL}.m3u8`
  const read = parsePlaylistOf('m.m3u8', bytes)
  if (read.kind === 'master') return null
  const over = new AbortController()
  const nowUs = (): number => 0
  const silent = { file: () => new Promise<never>(() => undefined) } as unknown as GrowingOrigin
  const feed = new HlsLowLatencyFeed(
    new PartFetch(silent, new PatientFetch(silent, nowUs, over.signal), nowUs, over.signal),
    true,
  )
  const { entries } = feed.take(read, url)
  const held = feed.held(read)
  over.abort()
  if (held !== null && !/^_HLS_msn=\d+&_HLS_part=\d+$/.test(held.directives)) return `asks for ${held.directives}`
  if (held !== null && !(held.heldMs >= 0 && held.heldMs < 2 ** 31)) return `waits ${held.heldMs} ms`
  const names = new NamesOnAir(url)
  return leadsOut(entries.map(({ address, range }) => names.of(address, range)))
}

function multivariant(bytes: Uint8Array): string | null {
  const url = `${LIVE_URL}.m3u8`
  const read = parsePlaylistOf('m.m3u8', bytes)
  if (read.kind !== 'master') return null
  const names = new NamesOnAir(url)
  const written = masterOnAir(read, url, (uri) => names.of(resolveReference(url, uri)))
  return leadsOut(written.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
}

/** What is written is read, and would be written so again. */
function mabr(bytes: Uint8Array): string | null {
  const written = serialiseMabrConfiguration(parseMabrConfiguration(bytes, new EntryFaults()))
  const again = serialiseMabrConfiguration(parseMabrConfiguration(written, new EntryFaults()))
  return Buffer.compare(written, again) === 0 ? null : `writes ${Buffer.from(written)}\nand then ${Buffer.from(again)}`
}

/** A certificate that this computer takes for one: what signs with it is read by our own receiver. */
function signing(bytes: Uint8Array): string | null {
  const own = x509(bytes)
  if (own === null || readCertificate(own.raw) === null) return null
  const signer: CmsSigner = { key: 'ec', digest: 'sha256', certificate: own.raw, sign: () => new Uint8Array(70) }
  const signed = signData(text('a table'), signer, 1_767_225_600_000_000, [own.raw])
  return readSignedData(signed) === null ? 'signs what nobody reads' : null
}

function x509(bytes: Uint8Array): X509Certificate | null {
  try {
    return new X509Certificate(bytes)
  } catch {
    return null
  }
}
