import { shownText } from '../contract/shown-text.ts'
import type { RepresentationChoice } from './chosen-mpd.ts'
import type { LiveReport } from './live-reader.ts'
import type { SendNote } from './mpd-notes.ts'
import type { Origin } from './origin.ts'
import type { FileSharing } from './shared-files.ts'

/** How a presentation is loaded. */
export type LoadOptions = {
  /** It is sent again and again as one. */
  readonly loop: boolean
  /** Files of byte ranges are cut into one per segment. */
  readonly cut: boolean
  /** Representations, or media playlists, that are sent. */
  readonly representations: RepresentationChoice
  /** Live segments that their manifest offers piece by piece are sent as they come; otherwise once they are whole. */
  readonly lowLatency: boolean
  /** Name on air of a plain file; absent: its own. */
  readonly fileName?: string
  /** Ends what a server is asked for while it is loaded. */
  readonly over?: AbortSignal
  /** Files of servers that other inputs may want as well; absent: there are no others. */
  readonly sharing?: FileSharing
  /** Called with what is not sent, and what receivers will not take. */
  readonly note: (note: SendNote) => void
  /** Called with what happens to a live presentation while it is sent. */
  readonly live: (report: LiveReport) => void
  /** Clock of this machine, µs since the UNIX epoch. */
  readonly nowUs: () => number
}

const MAX_SHOWN = 5

/** Notes the files that lie beside those of a manifest without being named by it. */
export async function noteLeftFiles(origin: Origin, manifest: string, { note }: LoadOptions): Promise<void> {
  const left = await origin.leftBeside(manifest)
  if (left.length === 0) return
  const shown = left.slice(0, MAX_SHOWN).map((path) => `"${shownText(path, 200)}"`)
  const more = left.length > MAX_SHOWN ? ` and ${left.length - MAX_SHOWN} more` : ''
  note({
    sentence: `Not sent, since "${shownText(manifest)}" does not name ${left.length === 1 ? 'it' : 'them'}: ${shown.join(', ')}${more}.`,
    tryThis: 'Send the folder to send all its files.',
  })
}
