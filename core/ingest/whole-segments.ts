import { EntryFaults } from '../bytes/entry-faults.ts'
import { removePromises } from '../manifest/mpd/live.ts'
import { TextEdits } from '../manifest/mpd/text-edits.ts'
import { parseXmlSource } from '../manifest/mpd/xml-source.ts'

/** The MPD of segments that are asked for, and sent, once they are whole. @throws CodecError as `parseXmlSource` */
export function mpdOfWholeSegments(bytes: Uint8Array): Uint8Array {
  const { root, text } = parseXmlSource(bytes, new EntryFaults(true))
  const edits = new TextEdits()
  removePromises(edits, root)
  return new TextEncoder().encode(edits.apply(text))
}
