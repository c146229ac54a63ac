import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { cli, median, percentile } from './measure.mjs'

const SEGMENT_BYTES = 150_000
const CONNECTIONS = 64
const LOAD_SECONDS = 4
const TURNS = 3
/** Ticks of the kernel's processor times, per second (Linux). */
const TICKS = 100
const PORTS = { files: 24_801, uploads: 24_802, origin: 24_803, nginx: 24_804, gpac: 24_805 }

/**
 * Measures our HTTP server, beside nginx and GPAC where they are installed.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function serveBench(dir) {
  const www = join(dir, 'www')
  mkdirSync(www)
  writeFileSync(join(www, 'a-1.m4s'), Buffer.alloc(SEGMENT_BYTES, 'segment'))
  writeFileSync(join(www, 'live.mpd'), manifestText())
  const servers = await started(dir, www)
  try {
    await put('/a-1.m4s', [Buffer.alloc(SEGMENT_BYTES, 'segment')])
    return [
      ...(await againstOthers(servers)),
      await manifests(servers.files),
      await firstBytes(),
      await followers(),
      await idleConnections(servers.files),
      await slowReaders(servers.origin),
      await longUpload(servers.writes),
    ]
  } finally {
    const { files, origin, nginx, gpac } = servers
    for (const { child } of [files, origin, nginx, gpac]) if (child !== null) await ended(child)
    rmSync(servers.ram, { recursive: true, force: true })
  }
}

/** @typedef {{ child: import('node:child_process').ChildProcess | null, port: number, path: string }} Served */

/**
 * @param {string} dir
 * @param {string} www
 */
async function started(dir, www) {
  const ram = spawnSync('test', ['-w', '/dev/shm']).status === 0 ? '/dev/shm/routescope-bench' : join(dir, 'uploads')
  // Of a run that was broken off.
  rmSync(ram, { recursive: true, force: true })
  mkdirSync(ram, { recursive: true })
  const any = { maxConnections: 0, maxPerPeer: 0 }
  const sessionOf = (/** @type {string} */ name, /** @type {object[]} */ ...parts) => {
    const file = join(dir, `${name}.json`)
    writeFileSync(file, JSON.stringify({ format: 'routescope-session', version: 2, parts }))
    return file
  }
  const listen = `127.0.0.1:${PORTS.files}`
  const folders = sessionOf('files', {
    id: 'f',
    kind: 'server',
    listen,
    read: [www],
    write: ram,
    maxUpload: 2e9,
    ...any,
  })
  const origin = sessionOf(
    'origin',
    { id: 'u', kind: 'http-uploads', address: `put://127.0.0.1:${PORTS.uploads}/`, maxUpload: 0, ...any },
    { id: 'o', kind: 'http-origin', listen: `127.0.0.1:${PORTS.origin}`, path: '/live.mpd', maxSegments: 500, ...any },
  )
  const [files, memory] = await Promise.all([ours(folders, /Serving/), ours(origin, /Origin/)])
  return {
    ram,
    files: { child: files, port: PORTS.files, path: '/a-1.m4s' },
    writes: { child: files, port: PORTS.files, path: '/' },
    origin: { child: memory, port: PORTS.origin, path: '/a-1.m4s' },
    nginx: { child: await nginx(dir, www), port: PORTS.nginx, path: '/a-1.m4s' },
    gpac: { child: await gpac(www), port: PORTS.gpac, path: '/a-1.m4s' },
  }
}

/**
 * @param {string} session
 * @param {RegExp} ready
 */
async function ours(session, ready) {
  const child = spawn(process.execPath, [cli, 'run', session], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  await new Promise((resolve, reject) => {
    child.on('exit', () => reject(new Error(`${session} ended`)))
    child.stdout.on('data', (piece) => {
      text += piece
      if (ready.test(text)) resolve(null)
    })
  })
  return child
}

/**
 * @param {string} dir
 * @param {string} www
 */
async function nginx(dir, www) {
  if (spawnSync('nginx', ['-v']).status !== 0) return null
  const config = `daemon off; master_process off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log;
events { worker_connections 4096; }
http { access_log off; sendfile on; keepalive_requests 1000000;
  client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
  server { listen 127.0.0.1:${PORTS.nginx}; location / { root ${www}; } } }`
  writeFileSync(join(dir, 'nginx.conf'), config)
  const child = spawn('nginx', ['-p', dir, '-c', join(dir, 'nginx.conf')], { stdio: 'ignore' })
  await listening(PORTS.nginx)
  return child
}

/** @param {string} www */
async function gpac(www) {
  if (spawnSync('gpac', ['-h']).error !== undefined) return null
  const child = spawn('gpac', [`httpout:port=${PORTS.gpac}:rdirs=${www}:maxp=0:maxc=0`], { stdio: 'ignore' })
  await listening(PORTS.gpac)
  return child
}

/** @param {number} port */
async function listening(port) {
  for (let left = 100; left > 0; left--) {
    const open = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(socket.destroy()))
      socket.on('error', () => resolve(null))
    })
    if (open !== null) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`Nothing listens on port ${port}.`)
}

/** @param {Record<string, any>} servers */
async function againstOthers({ files, origin, nginx: other, gpac: seed }) {
  /** @type {Record<string, { rates: number[], costs: number[] }>} */
  const seen = {}
  const asked = { memory: origin, disk: files, nginx: other, gpac: seed }
  for (let turn = 0; turn < TURNS; turn++)
    for (const [name, served] of Object.entries(asked)) {
      if (served.child === null) continue
      const { rate, costUs } = await load(served)
      seen[name] ??= { rates: [], costs: [] }
      seen[name].rates.push(rate)
      seen[name].costs.push(costUs)
    }
  const rateOf = (/** @type {string} */ name) => median(seen[name]?.rates ?? [])
  const detailOf = (/** @type {string} */ name) =>
    seen[name] === undefined
      ? `no ${name}`
      : `${name} ${rateOf(name).toFixed(0)}/s, ${median(seen[name].costs).toFixed(0)} µs of processor each`
  return [
    { name: 'memory', limit: 0.8 },
    { name: 'disk', limit: 0.6 },
  ].map(({ name, limit }) => {
    const value = seen.nginx === undefined ? 1 : rateOf(name) / rateOf('nginx')
    const detail = [name, 'nginx', 'gpac'].map(detailOf).join('; ')
    return {
      name: `GET of 150 kB from ${name}`,
      value,
      unit: '× nginx',
      limit: `≥ ${limit}`,
      ok: value >= limit,
      detail,
    }
  })
}

/**
 * Requests per second, and what one costs the server.
 * @param {Served} served
 */
async function load({ child, port, path }) {
  const script = join(import.meta.dirname, 'http-load.mjs')
  const args = [script, port, path, CONNECTIONS, LOAD_SECONDS].map(String)
  const client = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  let text = ''
  client.stdout?.on('data', (piece) => (text += piece))
  let before = 0
  client.on('message', () => {
    before = ticksOf(child)
  })
  let after = 0
  client.stdout?.on('data', () => {
    after = ticksOf(child)
  })
  await new Promise((resolve) => client.on('close', resolve))
  const { perSecond, answers } = JSON.parse(text)
  return { rate: perSecond, costUs: ((after - before) / TICKS / answers) * 1e6 }
}

/** @param {import('node:child_process').ChildProcess | null} child */
function ticksOf(child) {
  const fields = readFileSync(`/proc/${child?.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

/** @param {import('node:child_process').ChildProcess | null} child */
function memoryOf(child) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child?.pid}/status`, 'utf8'))?.[1]) * 1024
}

/**
 * 1000 requests per second for a manifest: every other one with its tag, the others compressed.
 * @param {Served} served
 */
async function manifests({ child, port }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const ask = (/** @type {Record<string, string>} */ headers) => {
    const options = { agent, host: '127.0.0.1', port, path: '/live.mpd', headers }
    return new Promise((resolve, reject) => {
      const sent = request(options, (answer) => {
        answer.resume()
        answer.on('end', () => resolve(answer))
      })
      sent.on('error', reject)
      sent.end()
    })
  }
  const { etag } = (await ask({ 'Accept-Encoding': 'gzip' })).headers
  const both = [{ 'Accept-Encoding': 'gzip' }, { 'Accept-Encoding': 'gzip', 'If-None-Match': etag }]
  /** @type {Promise<any>[]} */
  const answers = []
  const seconds = 5
  const before = ticksOf(child)
  const beganMs = performance.now()
  for (let asked = 0; asked < seconds * 1000; ) {
    const due = Math.min(seconds * 1000, performance.now() - beganMs)
    while (asked < due) answers.push(ask(/** @type {any} */ (both[asked++ % 2])))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const all = await Promise.all(answers)
  const value = ((ticksOf(child) - before) / TICKS / ((performance.now() - beganMs) / 1000)) * 100
  agent.destroy()
  const count = (/** @type {number} */ status) => all.filter(({ statusCode }) => statusCode === status).length
  const ok = value < 30 && count(200) + count(304) === all.length
  const detail = `${count(200)} with ${gzipSync(manifestText()).length} bytes of gzip, ${count(304)} not modified`
  return { name: '1000 manifests a second', value, unit: '% of a core', limit: '< 30', ok, detail }
}

function manifestText() {
  const line = '<S t="123456789" d="180000"/>\n'
  return `<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">${line.repeat(200)}</MPD>`
}

/**
 * Uploads a file in pieces, and tells when each was written, ms.
 * @param {string} path
 * @param {readonly Buffer[]} pieces
 * @param {number} [pauseMs]
 * @returns {Promise<number[]>}
 */
function put(path, pieces, pauseMs = 0) {
  return new Promise((resolve, reject) => {
    /** @type {number[]} */
    const times = []
    const sent = request({ host: '127.0.0.1', port: PORTS.uploads, path, method: 'PUT', agent: false }, (answer) => {
      answer.resume()
      answer.on('end', () =>
        answer.statusCode === 201 ? resolve(times) : reject(new Error(`PUT: ${answer.statusCode}`)),
      )
    })
    sent.on('error', reject)
    sent.setNoDelay(true)
    const send = (/** @type {number} */ at) => {
      const piece = pieces[at]
      if (piece === undefined) return sent.end()
      times.push(performance.now())
      sent.write(piece)
      setTimeout(() => send(at + 1), pauseMs)
    }
    send(0)
  })
}

/**
 * Follows a file. @returns when bytes of its body came: how many there were by then, and when, ms
 * @param {string} path
 */
function follow(path) {
  return new Promise((resolve, reject) => {
    /** @type {{ bytes: number, ms: number }[]} */
    const came = []
    let bytes = 0
    const sent = request({ host: '127.0.0.1', port: PORTS.origin, path, agent: false }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`GET ${path}: ${answer.statusCode}`))
      answer.on('data', (piece) => {
        bytes += piece.length
        came.push({ bytes, ms: performance.now() })
      })
      answer.on('end', () => resolve(came))
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** From writing the first bytes of a segment to their arrival at a client that waits for it. */
async function firstBytes() {
  /** @type {number[]} */
  const delays = []
  for (let number = 2; number < 62; number++) {
    const path = `/a-${number}.m4s`
    const waiting = follow(path)
    // The request is there before the segment is.
    await new Promise((resolve) => setTimeout(resolve, 20))
    const [times, came] = await Promise.all([put(path, [Buffer.alloc(10_000)]), waiting])
    delays.push(came[0].ms - (times[0] ?? 0))
  }
  const value = percentile(delays, 0.95)
  const detail = `95th of ${delays.length} segments; median ${median(delays).toFixed(1)} ms, with a new connection of the sender`
  return { name: 'first byte of a growing object', value, unit: 'ms', limit: '< 5', ok: value < 5, detail }
}

/** Chunks of 10 kB to 200 clients that follow one segment. */
async function followers() {
  const clients = 200
  const chunks = 40
  const waiting = Array.from({ length: clients }, () => follow('/a-62.m4s'))
  await new Promise((resolve) => setTimeout(resolve, 500))
  const pieces = Array.from({ length: chunks }, () => Buffer.alloc(10_000))
  const times = await put('/a-62.m4s', pieces, 50)
  /** @type {number[]} */
  const delays = []
  for (const came of await Promise.all(waiting))
    for (const [at, ms] of times.entries())
      delays.push(came.find((/** @type {any} */ { bytes }) => bytes >= (at + 1) * 10_000).ms - ms)
  const value = percentile(delays, 0.95)
  const detail = `95th of ${chunks} chunks to ${clients} clients, all in this process; median ${median(delays).toFixed(1)} ms`
  return { name: '10 kB to 200 followers', value, unit: 'ms', limit: '< 30', ok: value < 30, detail }
}

/** @param {Served} served */
async function idleConnections({ child, port, path }) {
  const before = memoryOf(child)
  const sockets = await Promise.all(Array.from({ length: 2000 }, () => answered(port, path)))
  const value = (memoryOf(child) - before) / 1e6
  for (const socket of sockets) socket.destroy()
  const detail = 'after one request each'
  return { name: '2000 idle connections', value, unit: 'MB more', limit: '< 60', ok: value < 60, detail }
}

/**
 * A connection whose first request, for the head of a file, has been answered.
 * @param {number} port
 * @param {string} path
 * @returns {Promise<import('node:net').Socket>}
 */
function answered(port, path) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`))
    socket.on('error', reject)
    socket.once('data', () => resolve(socket))
  })
}

/** 200 clients of a file of 50 MB that read nothing. @param {Served} served */
async function slowReaders({ child, port }) {
  await put('/long-1.m4s', [Buffer.alloc(50_000_000)])
  const before = memoryOf(child)
  const sockets = Array.from({ length: 200 }, () => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /long-1.m4s HTTP/1.1\r\nHost: localhost\r\n\r\n'))
    socket.on('error', () => undefined)
    return socket.pause()
  })
  let most = 0
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    most = Math.max(most, memoryOf(child) - before)
  }
  for (const socket of sockets) socket.destroy()
  const value = most / 1e6
  const detail = '50 MB each, of which every client reads nothing; their sum is 10 GB'
  return { name: '200 slow readers', value, unit: 'MB more', limit: '< 100', ok: value < 100, detail }
}

/** PUT of 1 GB into a folder in memory. @param {Served} served */
async function longUpload({ child, port }) {
  const size = 1e9
  const piece = Buffer.alloc(1e6, 'upload')
  const before = memoryOf(child)
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, memoryOf(child) - before)
  }, 20)
  const began = performance.now()
  await new Promise((resolve, reject) => {
    const headers = { 'Content-Length': size }
    const sent = request(
      { host: '127.0.0.1', port, path: '/long.bin', method: 'PUT', headers, agent: false },
      (answer) => {
        answer.resume()
        answer.on('end', () => (answer.statusCode === 201 ? resolve(null) : reject(new Error(`${answer.statusCode}`))))
      },
    )
    sent.on('error', reject)
    let left = size / piece.length
    const send = () => {
      while (left > 0) {
        left--
        if (!sent.write(piece)) return void sent.once('drain', send)
      }
      sent.end()
    }
    send()
  }).finally(() => clearInterval(watch))
  const value = size / 1e6 / ((performance.now() - began) / 1000)
  const ok = value >= 500 && most < 100e6
  const detail = `into memory, the client in this process; ${(most / 1e6).toFixed(0)} MB of memory more at most`
  return { name: 'PUT of 1 GB', value, unit: 'MB/s', limit: '≥ 500', ok, detail }
}

/** @param {import('node:child_process').ChildProcess} child */
async function ended(child) {
  if (child.exitCode !== null) return
  const closed = new Promise((resolve) => child.on('close', resolve))
  child.kill('SIGINT')
  await closed
}
