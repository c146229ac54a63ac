import { join, sep } from 'node:path'

/** Origin of every page of the app. */
export const APP_ORIGIN = 'routescope://app'

/** True for an address of the app's own pages. */
export function isOurPage(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/`)
}

/** File below `folder` for an address of the app's scheme; null for another host, a bad escape or a path outside. */
export function appFilePath(folder: string, address: string): string | null {
  const url = new URL(address)
  if (url.host !== 'app') return null
  try {
    const name = decodeURIComponent(url.pathname)
    const path = join(folder, name === '/' ? 'index.html' : name)
    return path.startsWith(folder + sep) && !path.includes('\0') ? path : null
  } catch {
    return null
  }
}
