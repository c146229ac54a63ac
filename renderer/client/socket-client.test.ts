import { expect, it } from 'vitest'
import { engineAddress, waitBeforeAttempt } from './socket-client.ts'
import { uploadAddress } from './upload.ts'

it('finds the engine on the host of the page, with its token', () => {
  expect(engineAddress('http://127.0.0.1:4173/?token=a%2Bb#x')).toBe('ws://127.0.0.1:4173/engine?token=a%2Bb')
  expect(engineAddress('https://host/routescope/?token=t')).toBe('wss://host/engine?token=t')
})

it('uploads files to the same host', () => {
  expect(uploadAddress('a b&c.pcap', 'http://127.0.0.1:1/?token=t')).toBe(
    'http://127.0.0.1:1/upload?name=a+b%26c.pcap&token=t',
  )
})

it('waits longer after each failure, up to eight seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(waitBeforeAttempt)).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000])
})
