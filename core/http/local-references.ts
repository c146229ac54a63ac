import { encodePath } from './request-target.ts'

const ABSOLUTE = /^https?:\/\//i

/**
 * A manifest whose absolute URLs of what was received lead to this gateway: objects of DVB-MABR are mostly named by their URL
 * at the origin, and a player would go there. Others stay as they are.
 * @param names of what the service has, as they came
 */
export function localReferences(text: string, serviceId: number, names: readonly string[]): string {
  const known = names.filter((name) => ABSOLUTE.test(name))
  if (known.length === 0) return text
  const local = (url: string): string | null => {
    const folder = url.slice(0, url.lastIndexOf('/') + 1)
    const path = known.some((name) => name === url || name.startsWith(folder)) ? encodePath(url) : null
    return path === null ? null : `/service${serviceId}/${path}`
  }
  if (/^\s*#EXTM3U/.test(text)) {
    return text
      .replace(/^(https?:\/\/\S+)/gim, (url) => local(url) ?? url)
      .replace(/(\bURI=")(https?:\/\/[^"]+)/gi, (whole, before: string, url: string) => {
        const path = local(url)
        return path === null ? whole : before + path
      })
  }
  return text.replace(
    /(<(?:[\w.-]+:)?BaseURL\b[^>]*>\s*)(https?:\/\/[^<\s]+)/gi,
    (whole, before: string, url: string) => {
      const path = local(url)
      return path === null ? whole : before + path
    },
  )
}
