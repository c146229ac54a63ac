import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import type { HlsMaster, HlsRendition, HlsVariant } from '../manifest/hls/playlist.ts'
import type { RepresentationChoice } from './chosen-mpd.ts'

const MOST_SHOWN = 12

/** Id of a media playlist: its address without the extension. */
function idOfPlaylist(uri: string): string {
  return uri.replace(/[?#].*$/, '').replace(/\.m3u8?$/i, '')
}

/**
 * A multivariant playlist without the playlists that are not sent, so that receivers ask for none of their files. Of a group of
 * renditions that a variant on air names all stay, unless some of it were chosen.
 * @throws AppFailure input-unusable, where no variant is left
 */
export function chosenMaster(master: HlsMaster, choice: RepresentationChoice, shown: string): HlsMaster {
  if (choice === 'all') return master
  const variants = chosenVariants(master.variants, choice)
  if (variants.length === 0) throw noneOf(master, shown)
  const isChosen = ({ uri }: HlsRendition): boolean =>
    choice !== 'highest' && uri !== null && choice.includes(idOfPlaylist(uri))
  const renditions = master.renditions.filter((one) => {
    // A variant names a group of each type in an attribute of its name.
    const isNamed = variants.some(({ attributes }) => attributes.get(one.type) === one.groupId)
    const group = master.renditions.filter(({ type, groupId }) => type === one.type && groupId === one.groupId)
    return isNamed && (isChosen(one) || !group.some(isChosen))
  })
  return { ...master, variants, renditions, lines: linesOf(master, variants, renditions) }
}

function chosenVariants(all: readonly HlsVariant[], choice: 'highest' | readonly string[]): readonly HlsVariant[] {
  if (choice !== 'highest') return all.filter(({ uri }) => choice.includes(idOfPlaylist(uri)))
  const [first, ...others] = all
  return first === undefined
    ? []
    : [others.reduce((best, each) => (each.bandwidth > best.bandwidth ? each : best), first)]
}

/** The lines without those of what is not on air; trick play has no files of its own on air. */
function linesOf(
  master: HlsMaster,
  variants: readonly HlsVariant[],
  renditions: readonly HlsRendition[],
): readonly string[] {
  const kept: string[] = []
  let [variant, rendition] = [0, 0]
  let tag: string | null = null
  for (const line of master.lines) {
    if (line.startsWith('#EXT-X-STREAM-INF:')) tag = line
    else if (line.startsWith('#EXT-X-MEDIA:')) {
      if (renditions.includes(master.renditions[rendition++] as HlsRendition)) kept.push(line)
    } else if (line !== '' && !line.startsWith('#') && tag !== null) {
      if (variants.includes(master.variants[variant++] as HlsVariant)) kept.push(tag, line)
      tag = null
    } else if (!/^#EXT-X-(?:I-FRAME|IMAGE)-STREAM-INF:/.test(line)) kept.push(line)
  }
  return kept
}

function noneOf({ variants, renditions }: HlsMaster, shown: string): AppFailure {
  const uris = [...variants, ...renditions].flatMap(({ uri }) => (uri === null ? [] : [idOfPlaylist(uri)]))
  const known = [...new Set(uris)].slice(0, MOST_SHOWN).map((id) => `"${shownText(id)}"`)
  return new AppFailure(
    'input-unusable',
    `"${shown}" has none of the representations that are to be sent.`,
    known.length === 0 ? 'Use a playlist with media in it.' : `Choose among ${known.join(', ')}, at least one variant.`,
  )
}
