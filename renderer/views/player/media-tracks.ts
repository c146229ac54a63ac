/*
 * Sounds and captions to choose from, and how they are called.
 */

/** A track to choose. */
export type MediaTrack = { readonly id: string; readonly label: string }

/** Tracks of a player, and those that play. */
export type TrackChoices = {
  readonly sounds: readonly MediaTrack[]
  readonly sound: string | null
  readonly captions: readonly MediaTrack[]
  /** Null: captions are off. */
  readonly caption: string | null
}

/** Of nothing that plays. */
export const NO_TRACKS: TrackChoices = { sounds: [], sound: null, captions: [], caption: null }

/** What a manifest says of a track. */
export type TrackWords = {
  /** Of its own: `Director's commentary`. */
  readonly name: string | null
  readonly language: string | null
  /** `main`, `alternate`, `commentary`, `caption` … */
  readonly role: string | null
}

/** Tracks with labels that tell them apart: `English`, `English, alternate`. */
export function labelledTracks(words: readonly TrackWords[]): MediaTrack[] {
  const plain = words.map((one) => one.name ?? languageName(one.language) ?? 'unnamed')
  const labels = plain.map((label, at) => {
    const { role } = words[at] as TrackWords
    return plain.indexOf(label) !== plain.lastIndexOf(label) && role !== null ? `${label}, ${role}` : label
  })
  return labels.map((label, at) => {
    const same = labels.indexOf(label) !== labels.lastIndexOf(label)
    return {
      id: String(at),
      label: same ? `${label} ${labels.slice(0, at + 1).filter((one) => one === label).length}` : label,
    }
  })
}

/** Name of a language tag in English; the tag where it has none. */
function languageName(tag: string | null): string | null {
  if (tag === null || tag === '' || tag === 'und') return null
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}
