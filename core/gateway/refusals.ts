import type { LostObject } from '../files/stored-file.ts'
import type { Exchange, Refusal } from '../http/exchange.ts'

/** Why a name is unavailable, for programs: the header X-Routescope-State. */
type RefusedState = 'unknown' | 'expected' | 'lost' | 'expired' | 'confined'

function refuse(exchange: Exchange, refusal: Refusal & { readonly state: RefusedState }): void {
  exchange.refuse(refusal)
}

/** Answers 404 for a name that nothing announced. */
export function refuseUnknown(exchange: Exchange, sentence: string): void {
  refuse(exchange, { status: 404, sentence, state: 'unknown' })
}

/** Answers 503 for an expected name: the client may retry. */
export function refuseExpected(exchange: Exchange): void {
  refuse(exchange, {
    status: 503,
    sentence: 'It is expected, and has not arrived yet.',
    state: 'expected',
    headers: { 'Retry-After': '1' },
  })
}

/** Answers 410 for a name removed by retention. */
export function refuseExpired(exchange: Exchange): void {
  refuse(exchange, {
    status: 410,
    sentence: 'It was received, and has been dropped since to keep only the newest segments.',
    state: 'expired',
  })
}

/** Limit of ranges in a sentence; the JSON form has more. */
const SENTENCE_RANGES = 8
const FACT_RANGES = 1000

/** How an object ended of which nothing was lost. */
const WHY_LOST: Partial<Record<LostObject['state'], string>> = {
  joined: 'Its beginning was sent before reception began',
  truncated: 'Its transmission was broken off',
}

/** Answers 404 with the number of received bytes and the missing ranges. */
export function refuseLost(exchange: Exchange, lost: LostObject): void {
  const { size, received, missing, state } = lost
  const shown = missing.slice(0, SENTENCE_RANGES).map(([from, to]) => `${from}-${to - 1}`)
  const more = missing.length > SENTENCE_RANGES ? ` and ${missing.length - SENTENCE_RANGES} more` : ''
  const which = shown.length === 0 ? '' : `; missing are bytes ${shown.join(', ')}${more}`
  refuse(exchange, {
    status: 404,
    sentence: `${WHY_LOST[state] ?? 'It was lost on the way'}: ${received} of ${size ?? 'an unknown number of'} bytes came${which}.`,
    state: 'lost',
    facts: { name: lost.name, size, received, missing: missing.slice(0, FACT_RANGES) },
  })
}

/** Answers 404 for a segment after which later ones arrived. */
export function refusePassed(exchange: Exchange): void {
  refuse(exchange, {
    status: 404,
    sentence: 'Nothing of it was received, while later segments were: it was sent before, or lost on the way.',
    state: 'lost',
  })
}

/** Answers 404 for a file that a file table listed until its end. */
export function refuseAnnounced(exchange: Exchange): void {
  refuse(exchange, {
    status: 404,
    sentence: 'It was announced by a file table, and nothing of it came before the end of its entry.',
    state: 'lost',
  })
}

/** Answers 422 for a manifest of which nothing is left that stays in the broadcast. */
export function refuseConfined(exchange: Exchange, sentence: string): void {
  refuse(exchange, { status: 422, sentence, state: 'confined' })
}
