import { describe, expect, it } from 'vitest'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { parsePlaylist } from '../manifest/hls/parse.ts'
import { parseMpd } from '../manifest/mpd/parse.ts'
import { parseFdt } from '../protocol/flute/fdt.ts'
import { readAeat } from '../protocol/lls/aeat.ts'
import { readCertificationData } from '../protocol/lls/certification-data.ts'
import { readOnscreenMessages } from '../protocol/lls/onscreen-message.ts'
import { parseSlt } from '../protocol/lls/slt.ts'
import { parseMabrConfiguration } from '../protocol/mabr/configuration-parser.ts'
import { readApd } from '../protocol/sls/apd.ts'
import { readDwd } from '../protocol/sls/dwd.ts'
import { parseEnvelope } from '../protocol/sls/envelope.ts'
import { readHeld } from '../protocol/sls/held.ts'
import { parseStsid } from '../protocol/sls/s-tsid.ts'
import { parseUsbd } from '../protocol/sls/usbd.ts'
import { parseUsbdMmt } from '../protocol/sls/usbd-mmt.ts'
import { parseXml } from '../xml/xml-parser.ts'
import * as sample from './fuzz/samples.ts'

type Reader = (bytes: Uint8Array, faults: EntryFaults) => unknown

/** Every reader of a table, with a sample. A new one belongs here. */
const TABLES: Readonly<Record<string, readonly [sample: Uint8Array, read: Reader]>> = {
  SLT: [sample.SLT, parseSlt],
  AEAT: [sample.AEAT, (bytes) => readAeat(parseXml(bytes))],
  OnscreenMessageNotification: [sample.ONSCREEN, (bytes) => readOnscreenMessages(parseXml(bytes))],
  CertificationData: [sample.CERTIFICATION, (bytes, faults) => readCertificationData(parseXml(bytes), faults)],
  'S-TSID': [sample.STSID, parseStsid],
  FDT: [sample.FDT, parseFdt],
  EFDT: [sample.KOREAN_EFDT, parseFdt],
  USBD: [sample.USBD, (bytes) => parseUsbd(bytes)],
  'USBD of MMT': [sample.USBD_MMT, parseUsbdMmt],
  envelope: [sample.ENVELOPE, (bytes) => parseEnvelope(bytes)],
  HELD: [sample.HELD, (bytes) => readHeld(parseXml(bytes))],
  APD: [sample.APD, (bytes) => readApd(parseXml(bytes))],
  DWD: [sample.DWD, (bytes) => readDwd(parseXml(bytes))],
  'DVB-MABR configuration': [sample.MABR, parseMabrConfiguration],
  MPD: [sample.MPD, (bytes, faults) => parseMpd(bytes, '', faults)],
}

const BAD = ['x', '', '-1', '1e400', '99999999999999999999', '$x$', 'a b', '\u202e']

/** The text with each attribute below the root, and each content of a leaf, replaced or taken away in turn. */
function spoilt(text: string): string[] {
  const root = text.search(/<[A-Za-z]/)
  const inside = text.indexOf('>', root) + 1
  const spots = [...text.matchAll(/ [\w:.-]+="([^"]*)"|>([^<>\s][^<>]*)<\//g)].filter(({ index }) => index >= inside)
  return spots.flatMap(({ 0: spot, 1: value, 2: content, index }) => {
    const put = (change: string) => text.slice(0, index) + change + text.slice(index + spot.length)
    const old = value === undefined ? `>${content}<` : `"${value}"`
    const around = (bad: string) => (value === undefined ? `>${bad}<` : `"${bad}"`)
    return [...BAD.map((bad) => put(spot.replace(old, () => around(bad)))), ...(value === undefined ? [] : [put('')])]
  })
}

/** Each element below the root, as the place of its text. */
function elementsOf(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  const open: number[] = []
  for (const { 0: tag, 1: end, 2: closed, index } of text.matchAll(/<(\/?)[A-Za-z][^<>]*?(\/?)>/g)) {
    const after = index + tag.length
    const from = end === '/' ? open.pop() : index
    if (from === undefined) continue
    if (end === '' && closed === '') open.push(index)
    else if (open.length > 0) found.push([from, after])
  }
  return found
}

/** The text with each element below the root taken away, doubled, emptied, renamed, put into itself or into one that nobody knows. */
function rebuilt(text: string): string[] {
  return elementsOf(text).flatMap(([from, to]) => {
    const element = text.slice(from, to)
    const name = /^<([\w:.-]+)/.exec(element)?.[1] ?? ''
    const inside = element.slice(element.indexOf('>') + 1, Math.max(0, element.lastIndexOf('</')))
    const wrapped = `<${name}>${element}</${name}>`
    const others = [
      ...['', element + element, `<${name}/>`, `<${name}>text</${name}>`, inside, wrapped, `<other>${element}</other>`],
      ...[element.replaceAll(name, `x${name}`), `${element.repeat(50)}<${name} a="1" b=""/>`, `<!-- -->${element}text`],
    ]
    return others.map((other) => text.slice(0, from) + other + text.slice(to))
  })
}

/** A USBD has one entry: without it there is no table. */
const HAS_ENTRY = /<BundleDescription\w+[^<>]*>\s*<UserServiceDescription/

describe('no structure of an entry costs the table', () => {
  it.each(Object.entries(TABLES))('%s', (name, [bytes, read]) => {
    const texts = rebuilt(new TextDecoder().decode(bytes)).filter(
      (text) => !name.startsWith('USBD') || HAS_ENTRY.test(text),
    )
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) {
      const faults = new EntryFaults()
      expect(() => read(sample.text(text), faults), text).not.toThrow()
      for (const { path, reason } of faults.listed) expect(`${path}: ${reason}`).not.toMatch(/undefined|NaN|: $/)
    }
  })
})

describe('no value of an entry costs the table', () => {
  it.each(Object.entries(TABLES))('%s', (_, [bytes, read]) => {
    const texts = spoilt(new TextDecoder().decode(bytes))
    expect(texts.length).toBeGreaterThan(0)
    for (const text of texts) {
      const faults = new EntryFaults()
      expect(() => read(sample.text(text), faults), text).not.toThrow()
      for (const { path, reason } of faults.listed) expect(`${path}: ${reason}`).not.toMatch(/undefined|NaN|: $/)
    }
  })

  it.each([
    ['media playlist', sample.PLAYLIST],
    ['master playlist', sample.MASTER],
  ])('%s', (_, bytes) => {
    const lines = new TextDecoder().decode(bytes).split('\n')
    const header = /^#EXTM3U|^#EXT-X-(?:VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE)/
    const replaced = (at: number, by: string) => lines.map((line, each) => (each === at ? by : line)).join('\n')
    lines.forEach((line, at) => {
      if (header.test(line)) return
      for (const bad of BAD) {
        const text = replaced(at, line.startsWith('#') ? line.replace(/[:=].*/, `$&${bad}`) : bad)
        expect(() => parsePlaylist(sample.text(text)), text).not.toThrow()
        const worse = replaced(at, line.replace(/:.*/, `:${bad}`))
        expect(() => parsePlaylist(sample.text(worse)), worse).not.toThrow()
      }
    })
  })
})
