import type { MediaStreamSnapshot } from '../contract/snapshot.ts'

/**
 * From where to where a relay passes media on.
 *
 * @param source the session's, where what it passes on comes of no socket or file of media
 * @param show words for a socket or file
 */
export function relayWay(
  media: readonly MediaStreamSnapshot[],
  source: string,
  show: (stream: MediaStreamSnapshot) => string,
): string {
  const of = (wanted: 'in' | 'out'): string =>
    media
      .filter(({ direction }) => direction === wanted)
      .map(show)
      .join(', ')
  return `${of('in') || source} to ${of('out')}`
}

/** A socket or file of a relay, with what went through it. */
export function relayedText({ address, bytes, dropped }: MediaStreamSnapshot): string {
  return `${address} (${bytes} bytes${dropped > 0 ? `, ${dropped} dropped` : ''})`
}
