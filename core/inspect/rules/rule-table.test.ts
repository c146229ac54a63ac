import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { asServiceId, asToi, asTsi } from '../../contract/ids.ts'
import { RULE_PROFILES } from '../../contract/rule-row.ts'
import { RULES, type RuleId, ruleRow } from '../../contract/rules.ts'
import { type Finding, type FindingFacts, type FindingPlace, placeAt } from '../../flow/findings.ts'
import { isForTests, readImportGraph } from '../../testing/import-graph.ts'
import { testFlow } from '../../testing/test-session.ts'
import type { Alarm } from './alarm.ts'
import { AlarmLog } from './alarm-log.ts'
import { Judge, type RuleSettings } from './judge.ts'
import { MalformedDatagrams } from './malformed.ts'

const ids = Object.keys(RULES) as RuleId[]
const fault = { code: 'xml-syntax', message: 'no end' }
const passed = { count: 5, perSecond: 900 }
const carrier = { kind: 'lct', tsi: asTsi(10), toi: asToi(7), codepoint: 8, instance: 0 } as const
const place = { service: asServiceId(1), carrier, object: 3, destination: '239.1.1.1:5000' }
const mpu = { carrier: { kind: 'mmtp', packetId: 35, mpu: 9 } } as const
const tsi = (number: number): Partial<FindingPlace> => ({ carrier: { kind: 'lct', tsi: asTsi(number) } })
const sls = (toi: number): Partial<FindingPlace> => ({ carrier: { kind: 'lct', tsi: asTsi(0), toi: asToi(toi) } })
const HOUR_US = 3_600e6
const outage = { fromUs: 1_700_000_000e6, untilUs: null, lengthUs: null, limitUs: 3e6 }
const gap = { sinceUs: 1_700_000_000e6, longestUs: 5e6, times: 1, limitUs: 5.25e6 }
const past = { ...gap, sinceUs: null, longestUs: 7e6, times: 3 }
const slow = { medianUs: () => 2e6, limitUs: 1.05e6 }
const ended = { ...outage, untilUs: 1_700_000_012.345e6, lengthUs: 12.345e6 }

const at = (facts: FindingFacts, rest: Partial<FindingPlace> = {}): Finding => {
  return { ...facts, ...placeAt(1_700_000_000e6, 5, { ...place, ...rest }) }
}

const wentBack = { kind: 'sessionRestarted', channel: 0, from: 9, to: 1, far: false, follows: false } as const

type Example = { readonly raises: readonly Finding[]; readonly quiet?: Finding }

/** Findings that raise each rule, one for every sentence, and one that does not where findings are judged. */
const EXAMPLES: Readonly<Record<Exclude<RuleId, 'MMTP-HEADER' | 'ALC-PACKET'>, Example>> = {
  'LLS-GZIP': {
    raises: [
      at({ kind: 'llsUnreadable', table: 'SLT', group: null, signed: false, fault: { ...fault, code: 'gzip-data' } }),
      at({ kind: 'llsUnreadable', table: 'SLT', group: 2, signed: true, fault: { ...fault, code: 'gzip-data' } }),
    ],
    quiet: at({ kind: 'llsUnreadable', table: 'SLT', group: 2, signed: false, fault }),
  },
  'LLS-XML': { raises: [at({ kind: 'llsUnreadable', table: 'SLT', group: 2, signed: false, fault })] },
  'LLS-SIGNED': {
    raises: [
      at({
        kind: 'signatureChecked',
        signed: { of: 'lls-tables', group: 1 },
        verdict: 'bad',
        text: 'The digest differs.',
      }),
      at({
        kind: 'signatureChecked',
        signed: { of: 'certificates', group: 1 },
        verdict: 'bad',
        text: 'The digest differs.',
      }),
    ],
    quiet: at({ kind: 'signatureChecked', signed: { of: 'lls-tables', group: 1 }, verdict: 'good', text: '' }),
  },
  'LLS-CDT': {
    raises: [
      at({ kind: 'certificateSeen', id: 'a', subject: 'CN=a', validFromUs: 0, validToUs: 1_600_000_000e6 }),
      at({
        kind: 'certificateSeen',
        id: 'b',
        subject: 'CN=b',
        validFromUs: 1_800_000_000e6,
        validToUs: 1_900_000_000e6,
      }),
      at({ kind: 'certificateSeen', id: 'c', subject: 'CN=c', validFromUs: 0, validToUs: 1_700_000_000e6 + HOUR_US }),
    ],
    quiet: at({ kind: 'certificateSeen', id: 'd', subject: 'CN=d', validFromUs: 0, validToUs: 1_800_000_000e6 }),
  },
  'SIG-ADDRESS': {
    raises: [
      at({ kind: 'addressRefused', table: 'The SLT', address: '127.0.0.1:22', reason: 'is not a multicast address' }),
    ],
  },
  'TWO-SENDERS': { raises: [at({ kind: 'twoSenders', first: '192.0.2.1', second: '192.0.2.2' })] },
  'OBJ-CHANGED': { raises: [at({ kind: 'objectChanged', name: 'a.bin' })] },
  'SLT-NUMBER': { raises: [at({ kind: 'serviceRenumbered', listed: 1, number: 65536, other: null })] },
  'SIGNAL-GONE': { raises: [at({ kind: 'signalGone', outage }), at({ kind: 'signalBack', outage: ended })] },
  'SERVICE-SILENT': {
    raises: [
      at({ kind: 'serviceSilent', serviceName: 'Alpha', outage }),
      at({ kind: 'serviceBack', serviceName: null, outage: ended }),
    ],
  },
  'LLS-PRESENT': { raises: [at({ kind: 'llsAbsent', limitUs: 5e6 })] },
  'LLS-SLT-INTERVAL': {
    raises: [at({ kind: 'tableLate', of: 'slt', table: 'SLT of group 1', gap })],
    quiet: at({ kind: 'tableLate', of: 'systemTime', table: 'SystemTime of group 1', gap }),
  },
  'LLS-SLT-SLOW': { raises: [at({ kind: 'tableSlow', of: 'slt', table: 'SLT of group 1', ...slow })] },
  'LLS-ST-INTERVAL': {
    raises: [at({ kind: 'tableLate', of: 'systemTime', table: 'SystemTime of group 1', gap: past })],
  },
  'LLS-VERSION': {
    raises: [at({ kind: 'versionUnchanged', scope: 'lls', table: 'SLT of group 1', version: '1' })],
  },
  'SLS-PRESENT': {
    raises: [
      at({ kind: 'slsAbsent', serviceName: 'A', missing: ['USBD'], any: false, hasPackets: false, limitUs: 5e6 }),
      at(
        { kind: 'slsAbsent', serviceName: null, missing: ['USBD'], any: false, hasPackets: true, limitUs: 5e6 },
        { service: asServiceId(2) },
      ),
      at(
        { kind: 'slsAbsent', serviceName: 'A', missing: ['USBD', 'MPD'], any: true, hasPackets: true, limitUs: 5e6 },
        { service: asServiceId(3) },
      ),
    ],
  },
  'SLS-INTERVAL': {
    raises: [
      at({ kind: 'tableLate', of: 'sls', table: 'S-TSID', gap: past }),
      at({ kind: 'tableSlow', of: 'sls', table: 'S-TSID', ...slow }),
    ],
  },
  'SLS-VERSION': { raises: [at({ kind: 'versionUnchanged', scope: 'sls', table: 'S-TSID', version: '1' })] },
  'MPD-INTERVAL': { raises: [at({ kind: 'manifestLate', table: 'MPD live.mpd', gap: past })] },
  'RATE-DROP': {
    raises: [
      at({ kind: 'channelStopped', outage }),
      at({ kind: 'channelBack', outage: ended }),
      at({ kind: 'rateChanged', bps: 4e5, meanBps: 1e6, windowUs: 10e6 }),
    ],
  },
  'SEG-LATE': {
    raises: [
      at({ kind: 'segmentsLate', run: { number: 1, segments: 1, worstUs: 4.8e6, worst: 'a.m4s', durationUs: 2e6 } }),
    ],
  },
  'SEG-TFDT': { raises: [at({ kind: 'decodeTimeAbsent', name: 'a.m4s' })] },
  'STSID-MPD-MATCH': {
    raises: [
      at({ kind: 'representationsAbsent', representations: ['3'], wholeSet: true, manifest: 'a.mpd' }),
      at({ kind: 'representationsAbsent', representations: ['3', '4'], wholeSet: false, manifest: 'a.mpd' }),
    ],
  },
  'ALP-TABLE': { raises: [at({ kind: 'linkTableUnreadable', table: 'LMT', fault })] },
  'ALP-SEGMENTS': {
    raises: [
      at({ kind: 'linkLoss', link: 'alp', losses: [{ what: 'packets', lost: 1, total: 2 }] }, { destination: null }),
    ],
    quiet: at({ kind: 'linkLoss', link: 'stltp', losses: [{ what: 'packets', lost: 1, total: 2 }] }),
  },
  'STLTP-SEQ': { raises: [at({ kind: 'linkLoss', link: 'alptp', losses: [{ what: 'packets', lost: 1, total: 2 }] })] },
  'SLS-GZIP': { raises: [at({ kind: 'slsUnreadable', part: 'object', fault })] },
  'SLS-PACKAGE': { raises: [at({ kind: 'slsUnreadable', part: 'package', fault })] },
  'SLS-XML': {
    raises: [
      at({ kind: 'fragmentUnreadable', type: 'ENVELOPE', name: 'envelope.xml', fault }),
      at({ kind: 'fragmentUnreadable', type: 'HELD', name: 'held.xml', fault }),
    ],
  },
  'USBD-XML': { raises: [at({ kind: 'fragmentUnreadable', type: 'USBD', name: 'usbd.xml', fault })] },
  'STSID-XML': { raises: [at({ kind: 'fragmentUnreadable', type: 'S-TSID', name: 'stsid.xml', fault })] },
  'MPD-XML': {
    raises: [
      at({ kind: 'fragmentUnreadable', type: 'MPD', name: 'a.mpd', fault }),
      at({ kind: 'manifestUnreadable', name: 'a.mpd', fault }),
    ],
  },
  'SLS-SIGNED': {
    raises: [
      at({
        kind: 'signatureChecked',
        signed: { of: 'sls-package' },
        verdict: 'bad',
        text: 'The digest differs.',
      }),
      at({
        kind: 'signatureChecked',
        signed: { of: 'mmtp-message', message: 'a' },
        verdict: 'bad',
        text: 'The digest differs.',
      }),
    ],
    quiet: at({
      kind: 'signatureChecked',
      signed: { of: 'sls-package' },
      verdict: 'unchecked',
      text: '',
    }),
  },
  'TABLE-ENTRY': {
    raises: [
      at({
        kind: 'entriesDropped',
        table: 'SLT of group 1',
        dropped: [{ path: 'Service[2]', reason: 'x' }],
        count: 1,
        writings: [],
      }),
      at({
        kind: 'entriesDropped',
        table: 'SLT of group 2',
        dropped: [{ path: 'Service[2]', reason: 'x' }],
        count: 9,
        writings: [],
      }),
    ],
  },
  'XML-FORM': {
    raises: (['ampersand', 'encoding'] as const).map((what) =>
      at({
        kind: 'entriesDropped',
        table: 'SLT',
        dropped: [],
        count: 0,
        writings: [{ what, count: 2, where: 'line 1' }],
      }),
    ),
  },
  'SLS-TOI-BITS': {
    raises: [at({ kind: 'packageTypes', types: new Set(['MPD']), gzip: true }, sls(0x8002_0001))],
    quiet: at({ kind: 'packageTypes', types: new Set(['MPD']), gzip: true }, sls(0x8004_0001)),
  },
  'STSID-TSI': {
    raises: [
      at({ kind: 'channelUndeclared' }),
      at({ kind: 'channelNeverSent', representation: 'V', limitUs: 4e6 }, tsi(11)),
    ],
  },
  'MABR-XML': { raises: [at({ kind: 'configurationUnreadable', fault })] },
  'MABR-CONFIG': {
    raises: [
      at({ kind: 'configurationAbsent' }),
      at({ kind: 'protocolUnknown', serviceName: null, protocol: null }),
      at({ kind: 'endpointSilent', silentMs: 10_000, senders: ['10.0.0.1'] }),
    ],
  },
  'LCT-HEADER': { raises: [at({ kind: 'oddHeader' })] },
  'TOI-LOOP': {
    raises: [
      at({ ...wentBack, silentUs: 0, far: true }),
      at({ ...wentBack, silentUs: 1_200_000 }),
      at({ ...wentBack, silentUs: 0 }),
    ],
    quiet: at({ ...wentBack, silentUs: 0, follows: true }),
  },
  'TOI-GAP': {
    raises: [
      at({
        kind: 'objectsAbsent',
        names: ['a'],
        between: ['b', 'c'],
        cause: 'network',
        evidence: 'x',
      }),
      at({
        kind: 'objectsAbsent',
        names: ['a', 'b'],
        between: null,
        cause: 'sender',
        evidence: 'x',
      }),
    ],
  },
  'EFDT-XML': { raises: [at({ kind: 'fileTableUnreadable', fault })] },
  FDT: {
    raises: [
      at({ kind: 'undescribedPackets', packets: 4, objects: 9, named: ['1', '2'], joining: false }),
      at({ kind: 'undescribedPackets', packets: 1, objects: 1, named: ['1'], joining: true }),
      at({ kind: 'tableExpired', instance: 1, expiresUs: 0, sentUs: 11e6 }),
      at({ kind: 'instanceReused', instance: 1, restarted: false }),
      at({ kind: 'instanceReused', instance: 1, restarted: true }),
      at({ kind: 'objectUnnamed', bytes: 10, packets: 1, expected: 'a.m4s', keptAs: 'tsi-10/toi-7.bin' }),
    ],
    quiet: at({ kind: 'tableExpired', instance: 1, expiresUs: 1e6, sentUs: 11e6 }),
  },
  'FEC-SIZES': {
    raises: [
      at({ kind: 'zeroSize', size: 'symbol size', inHeader: true, name: null }),
      at({ kind: 'zeroSize', size: 'source block length', inHeader: false, name: 'a.bin' }),
      at({ kind: 'symbolSizeOther', told: 1000, came: 500, inHeader: false, name: 'a.bin' }),
    ],
  },
  'FEC-SCHEME': { raises: [at({ kind: 'fecSchemeUnknown', encodingId: 7 })] },
  'SESSION-CLOSED': { raises: [at({ kind: 'sessionClosed', complete: true })] },
  'FDT-XML': { raises: [at({ kind: 'fdtUnreadable', instance: 1, fault })] },
  'OBJ-LOSS': {
    raises: [
      at({
        kind: 'objectLost',
        name: 'a',
        lost: 3,
        size: 9,
        holes: 2,
        first: 1,
        fec: 'no repair packet arrived for it',
        redeclared: 12,
      }),
      at({ kind: 'objectLost', name: null, lost: 3, size: null, holes: 1, first: 1, fec: null, redeclared: -1 }),
    ],
  },
  'OBJ-LENGTH': {
    raises: [
      at({ kind: 'lengthUntold', name: null, bytes: 9, cut: false }),
      at({ kind: 'lengthUntold', name: 'a', bytes: 9, cut: true }),
      at({ kind: 'lengthMeasured', name: 'a', by: 'content' }),
      at({ kind: 'lengthMeasured', name: 'a', by: 'repeats' }),
      at({ kind: 'lengthRedeclared', name: 'a', before: 9, after: 12 }),
    ],
  },
  'REPEAT-LOSS': {
    raises: [
      at({ kind: 'repeatsLost', packets: 1, bytes: 9, media: false }),
      at({ kind: 'repeatsLost', packets: 1, bytes: 9, media: true }),
    ],
  },
  'SEG-LOSS': { raises: [at({ kind: 'segmentLost', name: 'a', lost: 3, holes: 1, first: 0 })] },
  'OBJ-CONTENT': { raises: [at({ kind: 'contentUnreadable', name: null, fault })] },
  'OBJ-ENCODING': { raises: [at({ kind: 'encodingUnknown', name: 'a', encoding: 'br' })] },
  'OBJ-MD5': {
    raises: [
      at({ kind: 'digestMismatch', name: 'a', reason: null }),
      at({ kind: 'digestMismatch', name: 'a', reason: 'its MD5 is x, its table has y' }),
    ],
  },
  'OBJ-SIGNED': {
    raises: [
      at({
        kind: 'signatureChecked',
        signed: { of: 'package', name: 'a' },
        verdict: 'bad',
        text: 'The digest differs.',
      }),
    ],
    quiet: at({ kind: 'signatureChecked', signed: { of: 'package', name: 'a' }, verdict: 'good', text: '' }),
  },
  'OBJ-REPAIRED': {
    raises: [
      at({ kind: 'objectRepaired', name: 'a', bytes: 9, urls: ['http://a'], absent: false }),
      at({ kind: 'objectRepaired', name: 'a', bytes: 9, urls: ['http://a'], absent: true }),
    ],
  },
  'OBJ-UNREPAIRED': {
    raises: [
      at({ kind: 'objectUnrepaired', name: 'a', reason: 'HTTP 404', absent: false }),
      at({ kind: 'objectUnrepaired', name: 'a', reason: null, absent: true }),
      at({ kind: 'fetchesRefused', name: 'a', others: 2 }, tsi(10)),
    ],
  },
  'FEC-PARAMETERS': {
    raises: [
      at({ kind: 'fecFault', flow: 'route', fault: { fec: 'parameters', faults: ['x', 'y'] } }),
      at({ kind: 'fecFault', flow: 'route', fault: { fec: 'no-protected-object' } }, tsi(11)),
    ],
  },
  'FEC-OTI': { raises: [at({ kind: 'fecFault', flow: 'route', fault: { fec: 'no-oti' } })] },
  'FEC-UNSUPPORTED': {
    raises: [
      at({ kind: 'fecFault', flow: 'route', fault: { fec: 'sub-blocks', subBlocks: 2 } }),
      at({ kind: 'fecFault', flow: 'flute', fault: { fec: 'sub-blocks', subBlocks: 2 } }, tsi(11)),
      at({ kind: 'fecFault', flow: 'flute', fault: { fec: 'scheme', scheme: 'Reed-Solomon' } }, tsi(12)),
      at({ kind: 'fecFault', flow: 'route', fault: { fec: 'sizes', reason: 'symbols of 0 bytes' } }, tsi(13)),
    ],
  },
  'FEC-MISMATCH': {
    raises: [
      at({ kind: 'fecFault', flow: 'route', fault: { fec: 'mismatch', reason: 'x' } }),
      at({ kind: 'fecFault', flow: 'flute', fault: { fec: 'mismatch', reason: 'x' } }, tsi(11)),
    ],
  },
  'FEC-SYMBOLS': { raises: [at({ kind: 'repairSymbolsUnused', scheme: 'RaptorQ' })] },
  'MMTP-SEQ': {
    raises: [at({ kind: 'packetsMissing', lost: 1, packets: 9, gaps: 1, last: false }, mpu)],
  },
  'MMTP-MESSAGE': { raises: [at({ kind: 'messageUnreadable', what: 'MPT', fault }, mpu)] },
  'MPU-LOSS': {
    raises: [
      at(
        { kind: 'mpuLost', type: 'hev1', samples: 9, incomplete: 2, metadata: true, fragments: true, fault: null },
        mpu,
      ),
      at({ kind: 'mpuLost', type: null, samples: null, incomplete: 0, metadata: false, fragments: false, fault }, mpu),
    ],
  },
  'MPU-METADATA': { raises: [at({ kind: 'mpusUnread', withoutMetadata: 1, withoutFragments: 2, last: false }, mpu)] },
  'MPU-GAP': {
    raises: [at({ kind: 'mpusAbsent', mpus: [1, 2, 3, 4, 5, 6, 7, 8], cause: 'network', evidence: 'x' }, mpu)],
  },
  'HOST-DROP': {
    raises: [
      at({ kind: 'hostDropped', packets: 1, lagMs: 0 }, { destination: null }),
      at({ kind: 'hostDropped', packets: 3, lagMs: 60 }),
    ],
  },
  'SOURCE-GAP': {
    raises: [
      at({ kind: 'sourceBroke', source: 'http://tuner/ch33', reason: 'the connection broke' }),
      at({ kind: 'sourceBack', source: 'http://tuner/ch33', seconds: 1.5 }),
    ],
  },
  INTERNAL: { raises: [at({ kind: 'internalFault', reason: 'TypeError' })] },
  'LIMIT-LLS': { raises: [at({ kind: 'limit', hit: { limit: 'lls-tables', passed } })] },
  'LIMIT-SLS': { raises: [at({ kind: 'limit', hit: { limit: 'sls-objects', passed } })] },
  'LIMIT-TABLES': { raises: [at({ kind: 'limit', hit: { limit: 'tables', passed } })] },
  'LIMIT-MPUS': { raises: [at({ kind: 'limit', hit: { limit: 'mpus', passed } }, mpu)] },
  'LIMIT-SESSIONS': { raises: [at({ kind: 'limit', hit: { limit: 'sessions', most: 256, beyond: '239.1.1.2:1' } })] },
  'LIMIT-CHANNELS': {
    raises: [
      at({ kind: 'limit', hit: { limit: 'channels', most: 256 } }),
      at({ kind: 'limit', hit: { limit: 'assets', most: 256 } }, { ...mpu, destination: '239.1.1.2:1' }),
    ],
  },
  'LIMIT-PACKET-IDS': { raises: [at({ kind: 'limit', hit: { limit: 'packet-ids', most: 1024 } }, mpu)] },
  'LIMIT-OBJECTS': { raises: [at({ kind: 'limit', hit: { limit: 'objects', passed } })] },
  'LIMIT-OPEN': { raises: [at({ kind: 'limit', hit: { limit: 'open-objects', most: 128 } })] },
  'LIMIT-OBJECT': {
    raises: [
      at({ kind: 'limit', hit: { limit: 'object-bytes', most: 9, claimed: null } }),
      at({ kind: 'limit', hit: { limit: 'object-bytes', most: 9, claimed: 99 } }, { destination: '239.1.1.2:1' }),
    ],
  },
  'LIMIT-HOLES': { raises: [at({ kind: 'limit', hit: { limit: 'holes' } })] },
  'LIMIT-MEMORY': {
    raises: [
      at({ kind: 'limit', hit: { limit: 'memory', of: 'objects' } }),
      at({ kind: 'limit', hit: { limit: 'memory', of: 'mpus' } }, { ...mpu, destination: '239.1.1.2:1' }),
    ],
  },
  'LIMIT-QUARANTINE': {
    raises: [
      at({ kind: 'limit', hit: { limit: 'quarantine', of: 'objects' } }),
      at({ kind: 'limit', hit: { limit: 'quarantine', of: 'packets' } }, { destination: '239.1.1.2:1' }),
      at({ kind: 'limit', hit: { limit: 'quarantine', of: 'mpus' } }, { ...mpu, destination: '239.1.1.3:1' }),
    ],
  },
  'LIMIT-FEC': {
    raises: [at({ kind: 'limit', hit: { limit: 'repair-symbols', most: 64, flow: 'route' } })],
  },
}

function judged(findings: readonly Finding[], settings: RuleSettings = {}): Alarm[] {
  const alarms: Alarm[] = []
  const judge = new Judge((alarm) => void alarms.push(alarm), settings)
  for (const finding of findings) judge.found(finding)
  return alarms
}

const sentences = (id: RuleId): readonly string[] => {
  const { sentence } = ruleRow(id)
  return typeof sentence === 'string' ? [sentence] : Object.values(sentence)
}

describe('the table of rules', () => {
  it.each(ids)('%s has a clause, a priority and sentences', (id) => {
    const { clause, priority, severities = {}, sentence } = ruleRow(id)
    expect(clause).not.toBe('')
    expect([1, 2, 3]).toContain(priority)
    for (const text of sentences(id)) expect(text.trim().length).toBeGreaterThan(5)
    for (const says of Object.keys(severities)) expect(Object.keys(sentence)).toContain(says)
  })

  it.each(Object.entries(EXAMPLES))(
    '%s is raised with all its slots filled, and not without a reason',
    (id, { raises, quiet }) => {
      // Other rules may judge the same findings.
      const own = judged(raises).filter(({ rule }) => rule === id)
      for (const [at, alarm] of own.entries()) {
        expect(alarm).toMatchObject({ rule: id, object: raises[at]?.object, frame: 5, count: 1 })
        expect(alarm.text).not.toMatch(/[{}]|undefined|\bnull(?! packets)|NaN/)
      }
      expect(own).toHaveLength(raises.length)
      if (quiet !== undefined) expect(judged([quiet]).map(({ rule }) => rule)).not.toContain(id)
    },
  )

  it.each(Object.entries(EXAMPLES))('%s has an example for each of its sentences', (id, { raises }) => {
    const texts = judged(raises).map(({ text }) => text)
    const patterns = sentences(id as RuleId).map(
      (text) =>
        new RegExp(
          `^${text
            .split(/\{\w+\}/)
            .map(escaped)
            .join('[^]*')}$`,
        ),
    )
    const unsaid = patterns.filter((pattern) => !texts.some((text) => pattern.test(text)))
    // The test below has the sentence of malformed datagrams.
    expect(unsaid.length).toBe(id === 'LCT-HEADER' ? 1 : 0)
  })

  it('names channels and objects as their carrier does', () => {
    const lost = {
      kind: 'objectLost',
      name: 'a',
      lost: 3,
      size: 9,
      holes: 1,
      first: 1,
      fec: null,
      redeclared: -1,
    } as const
    const full = { kind: 'limit', hit: { limit: 'open-objects', most: 128 } } as const
    const http = { carrier: { kind: 'http', url: 'http://a/b' } } as const
    expect(judged([at(lost), at(lost, mpu), at(lost, tsi(5)), at(lost, http)]).map(({ text }) => text)).toEqual([
      'a (TSI 10, TOI 7): 3 of 9 bytes missing in 1 range, first at 1',
      'a (packet_id 35, MPU 9): 3 of 9 bytes missing in 1 range, first at 1',
      'a (TSI 5): 3 of 9 bytes missing in 1 range, first at 1',
      'a (http://a/b): 3 of 9 bytes missing in 1 range, first at 1',
    ])
    expect(judged([at(full, mpu)])[0]?.text).toBe(
      '239.1.1.1:5000, packet_id 35: more than 128 objects unfinished at a time',
    )
  })

  it('lists alarms with the numbers of their carrier', () => {
    const log = new AlarmLog()
    const lost = { kind: 'segmentLost', name: 'a', lost: 3, holes: 1, first: 0 } as const
    const places = [{}, mpu, tsi(5), { carrier: { kind: 'http', url: 'http://a/b' } as const }, { carrier: null }]
    for (const alarm of judged(places.map((where) => at(lost, where)))) log.add(alarm)
    expect(
      log
        .rows({ causeOf: () => null, evidenceOf: () => null, detailOf: () => null }, [])
        .map((row) => [row.carrier, row.tsi, row.toi]),
    ).toEqual([
      ['lct', 10, 7],
      ['mmtp', 35, 9],
      ['lct', 5, null],
      [null, null, null],
      [null, null, null],
    ])
  })

  it('has the unreadable datagrams, counted', () => {
    const malformed = new MalformedDatagrams(new Judge(() => undefined))
    const datagram = { bytes: new Uint8Array(20), start: 0, end: 20, timeUs: 1e6, frame: 9 }
    for (const code of ['lct-version', 'mmtp-version', 'mmtp-version'])
      malformed.datagram({ code, ...datagram }, testFlow())
    malformed.datagram({ code: 'flute-symbol', what: 'SBN 9', ...datagram }, testFlow())
    expect(malformed.alarms()).toMatchObject([
      { rule: 'LCT-HEADER', severity: 'error', count: 1 },
      { rule: 'MMTP-HEADER', count: 2, text: expect.stringMatching(/^2 malformed datagrams \(mmtp-version\)/) },
      {
        rule: 'ALC-PACKET',
        text: expect.stringMatching(/^1 malformed datagram \(flute-symbol\).* in frame 9: SBN 9$/),
      },
    ])
  })
})

describe('a judge', () => {
  const odd = at({ kind: 'oddHeader' })

  it('raises once per scope, and counts repetitions', () => {
    const [alarm, ...others] = judged([odd, odd, { ...odd, timeUs: odd.timeUs + 1 }])
    expect(others).toEqual([])
    expect(alarm).toMatchObject({ count: 3, timeUs: odd.timeUs, lastTimeUs: odd.timeUs + 1 })
    expect(judged([odd, { ...odd, destination: '239.1.1.2:1' }])).toHaveLength(2)
  })

  it('judges by profile, else by the table', () => {
    expect(judged([odd])[0]?.severity).toBe('warning')
    expect(judged([odd], { profile: 'a331-2019' })[0]?.severity).toBe('error')
    const bits = EXAMPLES['SLS-TOI-BITS'].raises
    expect(RULE_PROFILES.map((profile) => judged(bits, { profile })[0]?.severity ?? 'off')).toEqual([
      'info',
      'warning',
      'off',
      'off',
      'info',
    ])
  })

  it('leaves out muted rules, and uses thresholds of the user', () => {
    expect(judged([odd], { muted: ['LCT-HEADER'] })).toEqual([])
    const { raises, quiet } = EXAMPLES.FDT
    expect(judged(raises.slice(2, 3), { thresholds: { FDT: 20 } })).toEqual([])
    expect(judged(quiet === undefined ? [] : [quiet], { thresholds: { FDT: 5 } })).toHaveLength(1)
  })

  it('raises a bad LLS signature again after a good one, and for another fault', () => {
    const lls = (verdict: string, text: string) =>
      at({ kind: 'signatureChecked', signed: { of: 'lls-tables', group: 1 }, verdict, text })
    const [bad, other, good] = [lls('bad', 'a'), lls('bad', 'b'), lls('good', '')]
    expect(judged([bad, bad, other, good, other])).toHaveLength(3)
  })

  it('raises running totals of MMTP first, and at the end where they grew', () => {
    const lost = (count: number, last: boolean) =>
      at({ kind: 'packetsMissing', lost: count, packets: 9, gaps: 1, last })
    expect(judged([lost(1, false), lost(2, false), lost(2, true)]).map(({ text }) => text)).toHaveLength(2)
    expect(judged([lost(1, false), lost(1, true)])).toHaveLength(1)
  })
})

describe('rule ids', () => {
  const root = join(__dirname, '../../..')
  const graph = readImportGraph(root, ['core', 'renderer', 'electron'])
  const home = (file: string): boolean => /^core\/(?:contract\/[\w-]+-rules\.ts$|inspect\/rules\/)/.test(file)
  // FDT is the name of a table too.
  const named = new RegExp(`['"\`/](?:${ids.filter((id) => id !== 'FDT').join('|')})(?![\\w-])`)
  const matched =
    /\brule(?:Id)?\)?\s*(?:[=!]==\s*['"`]|\.(?:startsWith|endsWith|includes|match|slice|split))|\.test\([^)]*\brule\)/

  it('are compared and written nowhere else', () => {
    const others = graph.files.filter((file) => !isForTests(file) && !home(file))
    expect(others.length).toBeGreaterThan(200)
    expect(others.filter((file) => named.test(graph.textOf(file)) || matched.test(graph.textOf(file)))).toEqual([])
  })

  it('are found where they are compared', () => {
    expect(named.test("if (rule === 'TOI-LOOP')")).toBe(true)
    for (const line of ["alarm.rule.startsWith('LLS')", '/^MPU-/.test(alarm.rule)', "rule === 'FDT'"])
      expect(matched.test(line)).toBe(true)
  })

  it('of the table are expected by tests with real signals, with listed exceptions', () => {
    const tests = graph.files.filter((file) => /\.test\.tsx?$/.test(file) && !home(file))
    const texts = tests.map((file) => readFileSync(join(root, file), 'utf8'))
    const unexpected = ids.filter((id) => !texts.some((text) => new RegExp(`['"\`/ ^]${id}\\b`).test(text)))
    expect(unexpected).toEqual(WITHOUT_SIGNAL)
  })
})

/** Rules without a test that sends such a signal, and why. */
const WITHOUT_SIGNAL: readonly RuleId[] = []

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
