import type { DELIVERY_RULES } from '../../contract/delivery-rules.ts'
import type { LIMIT_RULES } from '../../contract/limit-rules.ts'
import { at, type Example, fault, mpu, passed, tsi, wentBack } from './example.ts'

/** Of the rules for delivery and limits. */
export const DELIVERY_EXAMPLES: Readonly<
  Record<Exclude<keyof typeof DELIVERY_RULES | keyof typeof LIMIT_RULES, 'MMTP-HEADER' | 'ALC-PACKET'>, Example>
> = {
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
