import { app, type BrowserWindowConstructorOptions, session, type WebContents } from 'electron'
import { isOurPage } from './app-address.ts'

/*
 * What a page may do. Everything it shows comes from the network and may be hostile, so a page that is taken over must
 * find nothing: no Node, no other origin, no window, no device.
 */

export const WEB_PREFERENCES = {
  contextIsolation: true, // the page cannot reach into the preload's objects
  sandbox: true, // a broken renderer stays a broken renderer
  nodeIntegration: false, // no Node in the page, whatever gets executed there
  webSecurity: true, // same-origin rules hold
  webviewTag: false, // no page within the page with preferences of its own
  navigateOnDragDrop: false, // a dropped file is opened by us, not shown by Chromium
  spellcheck: false, // would fetch dictionaries from the network
} as const satisfies BrowserWindowConstructorOptions['webPreferences']

/** Sent as a header with every page, since a header holds before the first byte is parsed. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'self'", // what is not named below comes with the app or not at all
  "script-src 'self'", // neither inline nor eval: text from a manifest can never run
  "style-src 'self' 'unsafe-inline'", // menus and scroll areas place themselves with style elements made at run time
  "img-src 'self' data: blob:", // icons in style sheets, frames drawn from received objects
  "media-src 'self' blob: http://127.0.0.1:*", // Media Source, and the engine's gateway on loopback
  "connect-src 'self' blob: http://127.0.0.1:*", // players fetch manifests and segments from that gateway
  "worker-src 'self' blob:", // players run their demuxers in workers made from a blob
  "object-src 'none'", // no plug-ins
  "base-uri 'none'", // relative addresses cannot be bent to another place
  "form-action 'none'", // nothing is ever submitted
  "frame-src 'none'", // no page within the page
  "frame-ancestors 'none'", // and not within another
].join('; ')

/** Asked for by our own page on a person's click; everything else, devices above all, is refused. */
const GRANTED_PERMISSIONS: readonly string[] = [
  'clipboard-sanitized-write', // the copy commands
  'fullscreen', // the player
]

/** Applies to every page that is ever created, so that no window can be forgotten. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => guard(contents))
  session.defaultSession.setPermissionRequestHandler((contents, permission, decide) => {
    decide(isOurPage(contents.getURL()) && GRANTED_PERMISSIONS.includes(permission))
  })
  session.defaultSession.setPermissionCheckHandler((_contents, permission, origin) => {
    return isOurPage(`${origin}/`) && GRANTED_PERMISSIONS.includes(permission)
  })
}

function guard(contents: WebContents): void {
  const refuse = (event: { preventDefault(): void; readonly url?: string }, url: string) => {
    if (!isOurPage(url)) event.preventDefault()
  }
  contents.on('will-navigate', refuse) // a link or script would carry our preload to a foreign page
  contents.on('will-redirect', refuse) // the same by a detour
  contents.on('will-attach-webview', (event) => event.preventDefault()) // see webviewTag; belt and braces
  contents.setWindowOpenHandler(() => ({ action: 'deny' })) // windows are made by the menu only
}
