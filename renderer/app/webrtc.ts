/**
 * Removes WebRTC from the page before anything else runs: it is not used, and it is the one way to the network that no content
 * security policy closes. In the app, main allows it no UDP either (electron/main/security.ts).
 */
export function removeWebRtc(page: object): void {
  for (const name of Object.getOwnPropertyNames(page))
    if (/^(webkit)?RTC/.test(name)) Reflect.deleteProperty(page, name)
}
