import { asServiceId } from '../../contract/ids.ts'
import type { SIGNALLING_RULES } from '../../contract/signalling-rules.ts'
import type { SILENCE_RULES } from '../../contract/silence-rules.ts'
import { at, type Example, ended, fault, gap, HOUR_US, outage, past, slow, sls, tsi } from './example.ts'

const absence = { untilUs: null }

/** Of the rules for signalling and silence. */
export const SIGNALLING_EXAMPLES: Readonly<
  Record<keyof typeof SIGNALLING_RULES | keyof typeof SILENCE_RULES, Example>
> = {
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
  'LLS-PRESENT': { raises: [at({ kind: 'llsAbsent', limitUs: 5e6, absence })] },
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
      at({
        kind: 'slsAbsent',
        serviceName: 'A',
        missing: ['USBD'],
        any: false,
        hasPackets: false,
        limitUs: 5e6,
        absence,
      }),
      at(
        {
          kind: 'slsAbsent',
          serviceName: null,
          missing: ['USBD'],
          any: false,
          hasPackets: true,
          limitUs: 5e6,
          absence,
        },
        { service: asServiceId(2) },
      ),
      at(
        {
          kind: 'slsAbsent',
          serviceName: 'A',
          missing: ['USBD', 'MPD'],
          any: true,
          hasPackets: true,
          limitUs: 5e6,
          absence,
        },
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
  'MPD-UPDATE': {
    raises: [
      at({
        kind: 'manifestChanged',
        manifest: 'live.mpd',
        change: { of: 'start', period: null, before: 'A', now: 'B' },
      }),
      ...(['period', 'sets', 'representations'] as const).map((of) =>
        at({ kind: 'manifestChanged', manifest: 'live.mpd', change: { of, period: '1', before: 'a', now: 'b' } }),
      ),
    ],
  },
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
  'MPD-LACKS': {
    raises: [at({ kind: 'manifestUnreadable', name: 'a.mpd', fault: { ...fault, code: 'manifest-lacks' } })],
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
}
