import { shownText } from '../contract/shown-text.ts'
import type { Presentation } from '../ingest/presentation.ts'
import type { SentScheme } from './broadcaster.ts'

const MAX_SHOWN = 5

/** What of a presentation some receivers do not take, as sentences with advice. */
export function receiverNotes(
  { kind, tracks, files }: Presentation,
  scheme: SentScheme,
): { readonly message: string; readonly tryThis: string }[] {
  const notes: { message: string; tryThis: string }[] = []
  if (scheme === 'atsc' && kind !== 'dash')
    notes.push({
      message: `GPAC's receivers take no service over ATSC 3.0 that has no MPD, as this one of ${kind === 'hls' ? 'HLS' : 'plain files'}.`,
      tryThis: 'Send it to a route:// address for them.',
    })
  const empty = [...files, ...tracks.flatMap(({ segments }) => segments)].filter(({ sizeBytes }) => sizeBytes === 0)
  if (empty.length > 0) {
    const shown = empty.slice(0, MAX_SHOWN).map(({ name }) => `"${shownText(name, 200)}"`)
    const more = empty.length > MAX_SHOWN ? ` and ${empty.length - MAX_SHOWN} more` : ''
    notes.push({
      message: `GPAC's receivers may write bytes of other files into empty ones: ${shown.join(', ')}${more}.`,
      tryThis: 'Leave out empty files for them.',
    })
  }
  return notes
}
