import { isLoopback, isWildcard } from '../../core/contract/loopback.ts'
import { parseEndpoint } from '../../core/contract/option-values.ts'

/**
 * What a person is asked once before a server starts that other computers reach. Empty: none does.
 * @param listen `HOST:PORT`
 * @param may what they can do: `can read what is served`
 */
export function exposuresTo(listen: string, may: string): readonly string[] {
  const host = parseEndpoint(listen.trim())?.host
  if (host === undefined || isLoopback(host)) return []
  const who = isWildcard(host)
    ? 'Every computer that reaches this one, on any of its networks,'
    : `Every computer that reaches ${host}`
  return [`${who} ${may}.`]
}
