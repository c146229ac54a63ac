import { AppFailure } from '../../failure/app-failure.ts'
import type { SentScheme } from '../../send/broadcaster.ts'
import { parseMulticastUrl } from '../../socket/multicast-url.ts'

/** Where a broadcast is sent. */
export type SentAddress = ReturnType<typeof parseMulticastUrl> & { readonly scheme: SentScheme }

/** @throws AppFailure bad-url | not-supported */
export function sentAddress(url: string): SentAddress {
  const parsed = parseMulticastUrl(url)
  const { scheme } = parsed
  if (scheme === 'stltp') {
    throw new AppFailure(
      'not-supported',
      `${url}: sending STLTP is not in this version.`,
      'Send to route://IP:PORT, atsc:// or mabr://IP:PORT.',
    )
  }
  return { ...parsed, scheme }
}
