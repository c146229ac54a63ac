import { expect, it } from 'vitest'
import { removeWebRtc } from './webrtc.ts'

it('removes every constructor of WebRTC, and nothing else', () => {
  const page = {
    RTCPeerConnection: class {},
    RTCDataChannel: class {},
    webkitRTCPeerConnection: class {},
    fetch: () => 1,
  }
  removeWebRtc(page)
  expect(Object.keys(page)).toEqual(['fetch'])
})
