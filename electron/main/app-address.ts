import { join, sep } from 'node:path'

/** Origin of every page of the app. */
export const APP_ORIGIN = 'routescope://app'

/** Whether an address is one of our own pages. */
export function isOurPage(url: string): boolean {
  return url.startsWith(`${APP_ORIGIN}/`)
}

/** File below `folder` that an address of our scheme names; null for another host, a bad escape or a way out of it. */
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
