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
      const problem = headerProblem(name, value)
      if (problem !== null) throw refused(list, problem)
      headers[name] = value
    }
  }
  return headers
}

/** Why a header cannot be added to a reply, as the end of a sentence; null where it can. */
export function headerProblem(name: string, value: string): string | null {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  } catch {
    return 'has a character that no header may have'
  }
  return OURS.has(name.toLowerCase()) ? `has ${name}, which the server sets itself` : null
}

function refused(list: string, problem: string): AppFailure {
  return new AppFailure('bad-spec', `The header "${shownText(list, 200)}" ${problem}.`, 'Write NAME,VALUE.')
}
