import { app, type BrowserWindowConstructorOptions, session, type WebContents } from 'electron'
import { isOurPage } from './app-address.ts'
import { mayRequest } from './request-filter.ts'

/*
 * Rights of a page. All its content is from the network and may be hostile, so a compromised page must not reach anything: no
 * Node, no other origin, no window, no device.
 */

export const WEB_PREFERENCES = {
  contextIsolation: true, // the page cannot reach into the preload's objects
  sandbox: true, // a broken renderer stays a broken renderer
  nodeIntegration: false, // no Node in the page, whatever runs there
  webSecurity: true, // same-origin rules apply
  webviewTag: false, // no page within the page with preferences of its own
  navigateOnDragDrop: false, // the app opens a dropped file, Chromium must not show it
  spellcheck: false, // would fetch dictionaries from the network
} as const satisfies BrowserWindowConstructorOptions['webPreferences']

/**
 * Sent as a header with every page, so that it applies before the first byte is parsed.
 * @param contentOrigin the only server that pages may ask: the engine's port for windows
 */
export function contentSecurityPolicy(contentOrigin: string): string {
  return [
    "default-src 'self'", // everything not listed below only from the app itself
    "script-src 'self'", // neither inline nor eval: text from a manifest never runs
    "style-src 'self' 'unsafe-inline'", // menus and scroll areas place themselves with style elements made at run time
    "img-src 'self' data: blob:", // icons in style sheets, frames drawn from received objects
    `media-src 'self' blob: data: ${contentOrigin}`, // Media Source, empty tracks of subtitles, and what the engine serves
    `connect-src 'self' blob: ${contentOrigin}`, // players fetch manifests and segments from the engine, and from nowhere else
    "worker-src 'self' blob:", // players run their demuxers in workers made from a blob
    "object-src 'none'", // no plug-ins
    "base-uri 'none'", // relative addresses cannot be redirected
    "form-action 'none'", // no form is ever submitted
    "frame-src 'none'", // no page within the page
    "frame-ancestors 'none'", // and not within another
  ].join('; ')
}

/** Permissions for the app's own page after a click; all others, devices above all, are refused. */
const GRANTED_PERMISSIONS: readonly string[] = [
  'clipboard-sanitized-write', // the copy commands
  'fullscreen', // the player
]

/**
 * Applies to every page created, so that no window is missed.
 * @param contentOrigin the only server that pages may ask
 */
export function guardPages(contentOrigin: string): void {
  session.defaultSession.webRequest.onBeforeRequest(({ url }, decide) => {
    decide({ cancel: !mayRequest(url, contentOrigin) })
  })
  // Nothing of a page is a download: files are written by the engine, into a folder that was chosen.
  session.defaultSession.on('will-download', (event) => event.preventDefault())
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
  contents.on('will-navigate', refuse) // a link or script would expose our preload to a foreign page
  contents.on('will-redirect', refuse) // the same by redirection
  contents.on('will-frame-navigate', (event) => refuse(event, event.url)) // frames too, whatever the policy allows
  contents.on('will-prevent-unload', (event) => event.preventDefault()) // a page cannot keep its window open
  contents.on('will-attach-webview', (event) => event.preventDefault()) // in addition to webviewTag
  // The page removes WebRTC (renderer/app/webrtc.ts); in any other realm it has no candidate to offer.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp')
  contents.setWindowOpenHandler(() => ({ action: 'deny' })) // windows are made by the menu only
}
