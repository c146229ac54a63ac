/** A URL as it may be shown and logged: without user name and password. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1')
}

/** Source texts separated by spaces, each as it may be shown and stored. */
export function shownSources(text: string): string {
  return text.trim().split(/\s+/).map(withoutCredentials).join(' ')
}
