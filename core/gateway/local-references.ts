import type { ServiceId } from '../contract/ids.ts'
import { encodePath } from '../http/request-target.ts'

const ABSOLUTE = /^https?:\/\//i
/** Folder of an absolute URL, with a host at least. */
const FOLDER = /^https?:\/\/[^/]+\//i
const IDENTIFIER = /(\$[^$]*\$)/
/** Elements that name segments in an MPD, beside BaseURL. */
const SEGMENT_ELEMENTS =
  /<(?:[\w.-]+:)?(?:SegmentTemplate|SegmentURL|Initialization|RepresentationIndex|BitstreamSwitching)\b[^>]*>/g
const SEGMENT_ATTRIBUTES =
  /(\s(?:media|initialization|index|bitstreamSwitching|sourceURL)\s*=\s*["'])(https?:\/\/[^"'\s]+)(["'])/gi

/**
 * Rewrites a manifest's absolute URLs of received files to this gateway: objects of DVB-MABR are mostly named by their URL at the
 * origin, which a player would ask. Other URLs stay unchanged.
 * @param names of the service's files, as received
 * @param prefix path before `/serviceN`
 */
export function localReferences(text: string, serviceId: ServiceId, names: readonly string[], prefix = ''): string {
  const known = names.filter((name) => ABSOLUTE.test(name))
  if (known.length === 0) return text
  const local = (url: string): string | null => {
    const [fixed = ''] = url.split('$', 1)
    const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1)
    const isHere = FOLDER.test(folder) && known.some((name) => name === url || name.startsWith(folder))
    const path = isHere ? encodeTemplate(url) : null
    return path === null ? null : `${prefix}/service${serviceId}/${path}`
  }
  if (/^\s*#EXTM3U/.test(text)) {
    return text
      .replace(/^(https?:\/\/\S+)/gim, (url) => local(url) ?? url)
      .replace(/(\bURI=")(https?:\/\/[^"]+)/gi, (whole, before: string, url: string) => {
        const path = local(url)
        return path === null ? whole : before + path
      })
  }
  return text
    .replace(/(<(?:[\w.-]+:)?BaseURL\b[^>]*>\s*)(https?:\/\/[^<\s]+)/gi, (whole, before: string, url: string) => {
      const path = local(url)
      return path === null ? whole : before + path
    })
    .replace(SEGMENT_ELEMENTS, (element) =>
      element.replace(SEGMENT_ATTRIBUTES, (whole, before: string, url: string, after: string) => {
        const path = local(url)
        return path === null ? whole : before + path + after
      }),
    )
}

/**
 * Encodes a URL, or a template of URLs (ISO/IEC 23009-1 §5.3.9.4.4) whose identifiers players replace, as a path.
 * Null where no request can contain it.
 */
function encodeTemplate(url: string): string | null {
  const parts = url.split(IDENTIFIER).map((part, index) => (index % 2 === 1 || part === '' ? part : encodePath(part)))
  return parts.includes(null) ? null : parts.join('')
}
