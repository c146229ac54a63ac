import { type OutgoingHttpHeaders, validateHeaderName, validateHeaderValue } from 'node:http'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'

/** Fields of a connection, of a message's length or of its form, which the server itself sets (RFC 9110 §7.6.1). */
const OURS = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['content-length', 'content-range', 'content-encoding'],
])

/**
 * Reads headers as GPAC has them: names and values in turn, between commas.
 * @throws AppFailure bad-spec for a name without a value, and for what no header may be
 */
export function headersOf(lists: readonly string[]): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {}
  for (const list of lists) {
    const words = list.split(',')
    if (words.length % 2 === 1) throw refused(list, 'has a name without a value')
    for (let at = 0; at < words.length; at += 2) {
      const [name, value] = [(words[at] ?? '').trim(), (words[at + 1] ?? '').trim()]
      try {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      } catch {
        throw refused(list, 'has a character that no header may have')
      }
      if (OURS.has(name.toLowerCase())) throw refused(list, `has ${name}, which the server sets itself`)
      headers[name] = value
    }
  }
  return headers
}

function refused(list: string, problem: string): AppFailure {
  return new AppFailure('bad-spec', `The header "${shownText(list, 200)}" ${problem}.`, 'Write NAME,VALUE.')
}
