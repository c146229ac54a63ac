import type { ChannelRole } from '../../contract/report.ts'

const VIDEO = /^(?:avc[1-4]|hev1|hvc1|dvh[1e]|dva[1v]|vvc1|vvi1|av01|vp0[89]|mp4v|encv|jxs1)$/
const AUDIO = /^(?:mp4a|ac-[34]|ec-3|mh[am][12]|opus|enca|fLaC)$/i
const TEXT = /^(?:stpp|wvtt|sbtt|tx3g|enct)$/

/** Role of an asset by its type: that of its sample entry. */
export function roleOfEntry(type: string): ChannelRole {
  if (VIDEO.test(type)) return 'video'
  if (AUDIO.test(type)) return 'audio'
  return TEXT.test(type) ? 'text' : 'data'
}

/** Role of an asset without a description, by the handler of its track. */
export function roleOfHandler(handler: string): ChannelRole {
  if (handler === 'vide') return 'video'
  if (handler === 'soun') return 'audio'
  return handler === 'subt' || handler === 'text' ? 'text' : 'data'
}
