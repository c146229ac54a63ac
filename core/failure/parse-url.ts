/** A URL, counted from `base` where it is none by itself; null where it is malformed. `URL.parse` came with Node 22. */
export function parseUrl(text: string, base?: URL): URL | null {
  try {
    return new URL(text, base)
  } catch {
    return null
  }
}
