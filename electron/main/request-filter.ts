/** Schemes of the app itself: its pages, what they made, and the developer tools. */
const OWN_SCHEMES: ReadonlySet<string> = new Set(['routescope:', 'blob:', 'data:', 'devtools:'])

/**
 * Whether a page may make a request: to the app itself, or to the one port of loopback on which the engine serves what was
 * received. Everything else, whatever asks for it, is cancelled before a name is resolved or a connection is made.
 * @param contentOrigin `http://127.0.0.1:PORT`
 */
export function mayRequest(url: string, contentOrigin: string): boolean {
  try {
    const { protocol, origin, username, password } = new URL(url)
    return OWN_SCHEMES.has(protocol) || (origin === contentOrigin && username === '' && password === '')
  } catch {
    return false
  }
}
