import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { setTimeout as until } from 'node:timers/promises'
import { cli, percentile } from './measure.mjs'

const GROUP = '239.255.14.82'
const PORT = 7400
const CHUNKS = 5
const CHUNK_BYTES = 10_000
const CHUNK_MS = 200
const SECONDS = 10
const LIMIT_MS = 10

/**
 * Measures low latency: from a chunk that an origin writes to its first packet at a socket of this machine, over HTTP, our sender
 * and loopback.
 * @returns {Promise<import('./measure.mjs').Figure>}
 */
export async function latencyFigure() {
  const startMs = Date.now()
  /** When each chunk was written, ms, by segment and offset. @type {Map<string, number>} */
  const written = new Map()
  const server = createServer(async (request, response) => {
    const number = Number(/(\d+)\.m4s/.exec(request.url ?? '')?.[1])
    if (Number.isNaN(number)) return void response.end(manifest(startMs))
    for (let chunk = 0; chunk < CHUNKS; chunk++) {
      const atMs = startMs + ((number - 1) * CHUNKS + chunk + 1) * CHUNK_MS
      await until(Math.max(0, atMs - Date.now()))
      // What has been there for long is no chunk that comes.
      if (Date.now() - atMs < CHUNK_MS / 2) written.set(`${number} ${chunk * CHUNK_BYTES}`, performance.now())
      response.write(Buffer.alloc(CHUNK_BYTES, chunk))
    }
    response.end()
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(null)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  await new Promise((bound) => socket.bind(PORT, () => bound(null)))
  socket.addMembership(GROUP, '127.0.0.1')
  /** @type {number[]} */
  const waits = []
  socket.on('message', (packet) => {
    const headerBytes = (packet[2] ?? 0) * 4
    if (packet[3] !== 8 || packet.length < headerBytes + 4) return
    const key = `${packet.readUInt32BE(12)} ${packet.readUInt32BE(headerBytes)}`
    const atMs = written.get(key)
    if (atMs === undefined) return
    written.delete(key)
    waits.push(performance.now() - atMs)
  })
  const args = ['send', `http://127.0.0.1:${port}/live.mpd`, `route://${GROUP}:${PORT}`, '--interface', '127.0.0.1']
  const sender = spawn(process.execPath, [cli, ...args, '--duration', String(SECONDS)], { stdio: 'ignore' })
  await new Promise((ended) => sender.on('close', ended))
  socket.close()
  server.close()
  server.closeAllConnections()
  const p95 = percentile(waits, 0.95)
  const detail = `${waits.length} chunks, half of them within ${percentile(waits, 0.5).toFixed(1)} ms`
  const ok = p95 < LIMIT_MS && waits.length > (SECONDS * 1000) / CHUNK_MS / 2
  return {
    name: 'low latency, chunk in to packet out, p95',
    value: p95,
    unit: 'ms',
    limit: `< ${LIMIT_MS}`,
    ok,
    detail,
  }
}

/** @param {number} startMs availability of the first segment's start */
function manifest(startMs) {
  const earlyS = ((CHUNKS - 1) * CHUNK_MS) / 1000
  return `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="urn:mpeg:dash:profile:isoff-live:2011" type="dynamic" availabilityStartTime="${new Date(startMs).toISOString()}" minimumUpdatePeriod="PT60S" minBufferTime="PT1S"><Period id="1" start="PT0S"><AdaptationSet contentType="video" mimeType="video/mp4"><SegmentTemplate timescale="1000" duration="${CHUNKS * CHUNK_MS}" startNumber="1" media="v-$Number$.m4s" availabilityTimeOffset="${earlyS}" availabilityTimeComplete="false"/><Representation id="v" bandwidth="400000"/></AdaptationSet></Period></MPD>`
}
