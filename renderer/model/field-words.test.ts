import { expect, it } from 'vitest'
import { fieldWords, singular } from './field-words.ts'

it('writes names of fields as words, and what is short in capitals', () => {
  expect(
    ['destinationIpAddress', 'bsids', 'tsi', 'shortServiceName', 'inetUrls', 'codePoint', 'serviceId'].map(fieldWords),
  ).toEqual(['Destination IP address', 'BSIDs', 'TSI', 'Short service name', 'Inet URLs', 'Code point', 'Service ID'])
  expect(fieldWords('')).toBe('')
})

it('names one of several', () => {
  expect(['services', 'entries', 'addresses', 'class', 'data'].map(singular)).toEqual([
    'service',
    'entry',
    'address',
    'class',
    'data',
  ])
})
