import type { MediaStreamSnapshot, SessionSnapshot } from '../contract/snapshot.ts'

/**
 * From where to where a session passes media on: its sockets and files, or what it receives and where it serves or pushes to. A source
 * without a name of its own is left out.
 *
 * @param show words for a socket or file
 */
export function relayWay(
  { sessionId, media, source, origins, pushes }: SessionSnapshot,
  show: (stream: MediaStreamSnapshot) => string,
): string {
  const of = (wanted: 'in' | 'out'): string =>
    media
      .filter(({ direction }) => direction === wanted)
      .map(show)
      .join(', ')
  const served = [...origins, ...pushes].map(({ url }) => url).join(', ')
  const from = of('in') || (source.label === sessionId ? '' : source.label)
  return `${from === '' ? '' : `${from} `}to ${of('out') || served}`
}

/** A socket or file of a relay, with what went through it. */
export function relayedText({ address, bytes, dropped }: MediaStreamSnapshot): string {
  return `${address} (${bytes} bytes${dropped > 0 ? `, ${dropped} dropped` : ''})`
}
