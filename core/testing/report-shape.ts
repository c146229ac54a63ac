/** Lists where a value differs from its form. */
type Shape = (value: unknown, path: string) => string[]

const number: Shape = (value, path) =>
  typeof value === 'number' && Number.isFinite(value) ? [] : [`${path}: ${value}`]
const count: Shape = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? [] : [`${path}: ${value}`]
const string: Shape = (value, path) => (typeof value === 'string' ? [] : [`${path}: ${value}`])
const boolean: Shape = (value, path) => (typeof value === 'boolean' ? [] : [`${path}: ${value}`])

const optional =
  (shape: Shape): Shape =>
  (value, path) =>
    value === null ? [] : shape(value, path)

const oneOf =
  (...words: string[]): Shape =>
  (value, path) =>
    words.includes(value as string) ? [] : [`${path}: ${value} is none of ${words.join(' ')}`]

const matching =
  (pattern: RegExp): Shape =>
  (value, path) =>
    typeof value === 'string' && pattern.test(value) ? [] : [`${path}: ${value}`]

const list =
  (shape: Shape): Shape =>
  (value, path) =>
    Array.isArray(value) ? value.flatMap((item, index) => shape(item, `${path}[${index}]`)) : [`${path}: no list`]

const exactly =
  (fields: Record<string, Shape>): Shape =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${path}: no object`]
    const found = value as Record<string, unknown>
    const faults = Object.keys(found)
      .filter((key) => !(key in fields))
      .map((key) => `${path}.${key}: not in the design`)
    for (const [key, shape] of Object.entries(fields)) {
      faults.push(...(key in found ? shape(found[key], `${path}.${key}`) : [`${path}.${key}: missing`]))
    }
    return faults
  }

const values: Shape = (value, path) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? [] : [`${path}: no object`]

const destination = matching(/^(\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\]):\d+$/)
const range: Shape = (value, path) =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isSafeInteger) && value[0] < value[1]
    ? []
    : [`${path}: ${JSON.stringify(value)} is no [start, end)`]

const object = exactly({
  toi: count,
  instance: count,
  name: optional(string),
  contentType: optional(string),
  size: optional(count),
  received: count,
  recovered: count,
  complete: boolean,
  state: oneOf('receiving', 'complete', 'partial', 'truncated', 'joined'),
  missing: list(range),
  sha256: optional(matching(/^[0-9a-f]{64}$/)),
  codepoint: count,
  packets: count,
  firstTime: number,
  lastTime: number,
  repeats: count,
  repair: optional(exactly({ how: oneOf('http', 'simple', 'strict'), bytes: count })),
  senderTime: optional(number),
  presentationTime: optional(number),
})

const cause = oneOf('network', 'host', 'capture', 'sender', 'unknown')
const loss = exactly({ objects: count, bytes: count })
const losses = exactly({ network: loss, host: loss, capture: loss, sender: loss, unknown: loss })
const packetsAndBytes = exactly({ packets: count, bytes: count })
const figures = exactly({
  sent: packetsAndBytes,
  lost: packetsAndBytes,
  before: exactly({ sent: packetsAndBytes, lost: packetsAndBytes }),
})
const spans = exactly({ total: figures, last10: figures, last60: figures })
const startup = exactly({
  join: optional(number),
  lls: optional(number),
  slt: optional(number),
  firstPacket: optional(number),
  sls: optional(number),
  stsid: optional(number),
  manifest: optional(number),
  init: optional(number),
  firstMedia: optional(number),
  firstSegment: optional(number),
  playable: optional(number),
})

const channel = exactly({
  tsi: count,
  role: oneOf('signaling', 'video', 'audio', 'text', 'data', 'unknown'),
  representation: optional(string),
  packets: count,
  bytes: count,
  duplicates: count,
  outOfOrder: count,
  lost: count,
  missingObjects: count,
  loss: spans,
  fec: optional(
    exactly({
      repairPackets: count,
      repairBytes: count,
      protects: list(count),
      overheadPercent: optional(number),
      recoveredSymbols: count,
      decodeMs: number,
      healed: count,
      recovered: count,
    }),
  ),
  objects: list(object),
})

const interval = exactly({ min: number, median: number, max: number })
const signature = exactly({
  verdict: oneOf('good', 'bad', 'unchecked'),
  text: string,
  signer: optional(string),
  issuer: optional(string),
  validFrom: optional(number),
  validTo: optional(number),
  algorithm: optional(string),
  signingTime: optional(number),
  chain: list(string),
})

const service = exactly({
  id: count,
  name: optional(string),
  protocol: oneOf('route', 'mmtp', 'flute', 'none'),
  category: optional(count),
  major: optional(count),
  minor: optional(count),
  destination: optional(destination),
  source: optional(string),
  sls: list(
    exactly({
      type: string,
      name: string,
      version: optional(count),
      firstTime: number,
      bytes: count,
      lastTime: number,
      count,
      toi: optional(count),
      toiMeaning: optional(string),
      values: optional(values),
      signature: optional(signature),
      interval: optional(interval),
    }),
  ),
  sessions: list(exactly({ destination, channels: list(channel) })),
  startup,
  notPlayable: optional(string),
  loss: spans,
  repairServers: list(
    exactly({
      url: string,
      weight: count,
      objectBase: optional(string),
      after: number,
      fixedBackoff: number,
      randomBackoff: number,
    }),
  ),
  mmtp: optional(
    exactly({
      packets: list(
        exactly({
          packetId: count,
          type: oneOf('mpu', 'generic', 'signaling', 'repair', 'unknown'),
          packets: count,
          bytes: count,
          lost: count,
        }),
      ),
      assets: list(
        exactly({
          packetId: count,
          assetId: string,
          type: string,
          mpus: count,
          absent: count,
          component: optional(exactly({ role: optional(string), name: optional(string) })),
        }),
      ),
    }),
  ),
})

const report = exactly({
  format: oneOf('routescope-report'),
  version: (value, path) => (value === 1 ? [] : [`${path}: ${value}`]),
  source: exactly({
    kind: oneOf('capture', 'multicast', 'capture-stream', 'interface', 'presentation'),
    name: string,
    firstTime: optional(number),
    lastTime: optional(number),
  }),
  totals: exactly({
    frames: count,
    udp: count,
    bytes: count,
    malformed: count,
    fragmentsDropped: count,
    losses,
    loss: spans,
    hostDrops: optional(count),
    captureDrops: optional(count),
    eventLoopLagMs: optional(number),
  }),
  lls: list(
    exactly({
      tableId: count,
      name: string,
      group: count,
      version: count,
      count,
      firstTime: number,
      lastTime: number,
      bytes: count,
      xml: optional(string),
      values: optional(values),
      hex: optional(matching(/^([0-9a-f]{2})*$/)),
      signed: boolean,
      signature: optional(signature),
      interval: optional(interval),
    }),
  ),
  services: list(service),
  flows: list(
    exactly({
      destination,
      packets: count,
      bytes: count,
      protocol: oneOf('lls', 'route', 'flute', 'mmtp', 'stltp', 'alptp', 'unknown'),
      plp: optional(count),
    }),
  ),
  links: list(
    exactly({
      kind: oneOf('alp', 'stltp', 'alptp'),
      destination: optional(destination),
      counts: values,
      lmt: list(exactly({ plp: optional(count), count, firstTime: number, lastTime: number })),
    }),
  ),
  alarms: list(
    exactly({
      rule: matching(/^[A-Z0-9]+(-[A-Z0-9]+)+$|^[A-Z]+$/),
      severity: oneOf('error', 'warning', 'info'),
      service: optional(count),
      tsi: optional(count),
      toi: optional(count),
      time: number,
      count,
      lastTime: number,
      text: string,
      cause: optional(cause),
      causeText: optional(string),
      evidence: optional(string),
    }),
  ),
})

/**
 * Lists where a document is not a report as designed: a missing key, an extra one, a value of another kind. Written by hand
 * from the design, independently of the program's types.
 */
export function reportFaults(document: unknown): string[] {
  return report(document, 'report')
}
