import { createSocket } from 'node:dgram'

/*
 * A sender for measurements: ROUTE sessions of noise at a given rate, from memory, on loopback. Our own sender reads, cuts and
 * paces a presentation, which needs a core of its own at 1.5 Gbit/s; this one leaves that core to the measured receiver.
 *
 * node blast.mjs SERVICES CHANNELS RATE_BPS SECONDS SEGMENT_SECONDS GROUP FIRST_PORT
 * Service n goes to port FIRST_PORT + n. Prints one line of JSON: packets, bytes and objects sent, and its processor seconds.
 */
const services = Number(process.argv[2])
const channels = Number(process.argv[3])
const rateBps = Number(process.argv[4])
const seconds = Number(process.argv[5])
const segmentSeconds = Number(process.argv[6])
const group = process.argv[7]
const firstPort = Number(process.argv[8])
/** LCT header with EXT_TOL, and start_offset. */
const HEADER = 24
const DATA = 1472 - HEADER
const SIGNALLING_MS = 1000

const segmentBytes = Math.floor((rateBps / 8 / services / channels) * segmentSeconds)
const packetsEach = Math.ceil(segmentBytes / DATA)
const segments = Math.round(seconds / segmentSeconds)
const noise = Buffer.alloc(segmentBytes)
for (let at = 0, state = 1; at < noise.length; at++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  noise[at] = state >>> 24
}

/** One connected socket per service, which saves the system a route look-up per packet. */
const sockets = await Promise.all(
  Array.from({ length: services }, async (_, index) => {
    const socket = createSocket('udp4')
    await new Promise((bound) => socket.bind(0, '127.0.0.1', () => bound(undefined)))
    socket.setMulticastInterface('127.0.0.1')
    socket.setMulticastTTL(0)
    socket.setMulticastLoopback(true)
    socket.setSendBufferSize(4 << 20)
    await new Promise((connected) => socket.connect(firstPort + index, group, () => connected(undefined)))
    return socket
  }),
)
const signalling = sockets.map((_, index) => Buffer.from(stsid(index)))

const slots = Array.from({ length: 4096 }, () => Buffer.alloc(HEADER + DATA))
let slot = 0
let pending = 0
let errors = 0
let packets = 0
let bytes = 0
let objects = 0
/** @type {(() => void) | null} */
let drained = null
/** @param {Error | null} error */
function sent(error) {
  if (error) errors++
  pending--
  if (pending === 0 && drained !== null) drained()
}

/** @param {number} service */
function stsid(service) {
  const described = Array.from({ length: channels }, (_, index) => {
    const tsi = (index + 1) * 10
    return `<LS tsi="${tsi}"><SrcFlow rt="true"><EFDT><FDT-Instance Expires="4294944000" fileTemplate="r${index}_$TOI$.m4s" maxTransportSize="${segmentBytes}"/></EFDT><ContentInfo><MediaInfo repId="r${index}" contentType="video"/></ContentInfo><Payload codePoint="128" formatId="1"/></SrcFlow></LS>`
  })
  return `<?xml version="1.0"?><S-TSID><RS dIpAddr="${group}" dPort="${firstPort + service}">${described.join('')}</RS></S-TSID>`
}

/**
 * One packet of an object, from offset `from`.
 * @param {number} service
 * @param {number} tsi
 * @param {number} toi
 * @param {number} codepoint
 * @param {Buffer} object
 * @param {number} from
 */
function send(service, tsi, toi, codepoint, object, from) {
  const to = Math.min(from + DATA, object.length)
  const packet = /** @type {Buffer} */ (slots[slot++ & 4095])
  // V=1 PSI=10 | S=1 O=01 H=0, B on the last | HDR_LEN 5 | CP | CCI | TSI | TOI | EXT_TOL | start_offset
  packet.writeUInt32BE(0x12a0_0500 + (to === object.length ? 0x1_0000 : 0) + codepoint, 0)
  packet.writeUInt32BE(0, 4)
  packet.writeUInt32BE(tsi, 8)
  packet.writeUInt32BE(toi, 12)
  packet.writeUInt32BE(0xc200_0000 + object.length, 16)
  packet.writeUInt32BE(from, 20)
  object.copy(packet, HEADER, from, to)
  pending++
  packets++
  bytes += HEADER + to - from
  if (to === object.length) objects++
  sockets[service]?.send(packet, 0, HEADER + to - from, sent)
}

/** @param {number} atMs */
function signal(atMs) {
  for (let service = 0; service < services; service++) {
    const object = /** @type {Buffer} */ (signalling[service])
    for (let from = 0; from < object.length; from += DATA) send(service, 0, 1, 1, object, from)
  }
  return atMs + SIGNALLING_MS
}

const started = performance.now()
const processor = process.cpuUsage()
const total = segments * packetsEach
let nextSignalling = signal(0)
// All channels advance together, as from encoders: packet n of each, then packet n + 1 of each.
for (let step = 0; step < total; ) {
  const nowMs = performance.now() - started
  if (nowMs >= nextSignalling) nextSignalling = signal(nextSignalling)
  // At most 8 ms at once, because a receiver's queue is short.
  const target = Math.min(
    total,
    step + 1 + Math.floor(total / 125 / seconds),
    Math.floor((nowMs / 1000 / seconds) * total),
  )
  for (; step < target; step++) {
    const segment = Math.floor(step / packetsEach)
    const from = (step % packetsEach) * DATA
    for (let service = 0; service < services; service++) {
      for (let channel = 1; channel <= channels; channel++) send(service, channel * 10, segment + 1, 8, noise, from)
    }
  }
  await new Promise((resolve) => {
    drained = () => {
      drained = null
      resolve(undefined)
    }
    if (pending === 0) drained()
  })
  if (performance.now() - started < nowMs + 1) await new Promise((resolve) => setTimeout(resolve, 1))
}
const { user, system } = process.cpuUsage(processor)
const tookSeconds = (performance.now() - started) / 1000
console.log(JSON.stringify({ packets, bytes, objects, errors, tookSeconds, processorSeconds: (user + system) / 1e6 }))
for (const socket of sockets) socket.close()
