import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'vite'
import { besideBundle } from '../../electron/packaging/beside-bundle.mjs'
import { cli, root } from './measure.mjs'

/** Bytes added to each picture, so that the demo has 50 Mbit/s at 25 pictures per second. */
const PICTURE_BYTES = 250_000
const RUNS = 5
const PIECE_BYTES = 65_536
/** 50 Mbit/s, bytes per second. */
const CMAF_BYTES = 50e6 / 8
/** Duration of chunks of the packager, s. */
const CHUNK_S = 0.1
/** Conversions that are compared with GPAC's: suffixes of the source and of what is made of it. */
const CONVERSIONS = /** @type {const} */ ([
  ['mp4', 'ts'],
  ['264', 'mp4'],
  ['ts', 'mp4'],
  ['mp4', '264'],
])

/**
 * Measures the stages between byte streams and samples, on one core, in pieces as sockets give them.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function mediaBench(dir) {
  const { demoMedia, writeStream, convert, chunkDelays } = await bundled(dir)
  const media = heavier(demoMedia())
  const video = { tracks: media.tracks.slice(0, 1), samples: media.samples.filter((each) => each.track === 1) }
  const detail = `best of ${RUNS}, pieces of ${PIECE_BYTES} B`
  /** @param {string} from @param {string | null} to @param {Uint8Array} bytes */
  const speed = (from, to, bytes) => {
    let best = 0
    for (let run = 0; run < RUNS; run++) {
      const began = process.hrtime.bigint()
      convert(from, to, bytes, PIECE_BYTES)
      best = Math.max(best, bytes.length / 1e6 / (Number(process.hrtime.bigint() - began) / 1e9))
    }
    return best
  }
  const raw = speed('avc', 'mp4', writeStream('avc', video))
  const demuxed = speed('ts', null, writeStream('ts', media))
  const share = (100 * CMAF_BYTES) / (1e6 * speed('mp4', 'ts', writeStream('mp4', media)))
  /** @type {number[]} */
  const delays = await chunkDelays(demoMedia(), CHUNK_S)
  delays.sort((one, other) => one - other)
  const delay = delays[Math.floor(delays.length * 0.95)] ?? Number.NaN
  return [
    { name: 'Annex B to MP4', value: raw, unit: 'MB/s', limit: '≥ 500', ok: raw >= 500, detail },
    { name: 'MPEG-2 TS demuxed', value: demuxed, unit: 'MB/s', limit: '≥ 125', ok: demuxed >= 125, detail },
    { name: 'CMAF of 50 Mbit/s to TS', value: share, unit: '% of a core', limit: '< 15', ok: share < 15, detail },
    {
      name: 'Frame in to chunk, p95',
      value: delay,
      unit: 'ms',
      limit: '< 20',
      ok: delay < 20,
      detail: `${delays.length} chunks of ${CHUNK_S} s, in real time`,
    },
    ...besideGpac(dir, {
      mp4: writeStream('mp4', media),
      ts: writeStream('ts', media),
      264: writeStream('avc', video),
    }),
  ]
}

/**
 * Compares the processor time of whole conversions of files with that of GPAC, where it is installed.
 * @param {string} dir
 * @param {Record<'mp4' | 'ts' | '264', Uint8Array>} streams
 * @returns {import('./measure.mjs').Figure[]}
 */
function besideGpac(dir, streams) {
  if (spawnSync('gpac', ['-h']).error !== undefined) {
    const detail = 'there is no gpac on PATH'
    return [{ name: 'Conversions beside GPAC', value: 0, unit: '', limit: '', ok: true, detail }]
  }
  for (const [suffix, bytes] of Object.entries(streams)) writeFileSync(join(dir, `source.${suffix}`), bytes)
  return CONVERSIONS.map(([from, to]) => {
    const source = join(dir, `source.${from}`)
    const [ours, theirs] = [
      [process.execPath, cli, 'relay', source, join(dir, `ours.${to}`)],
      ['gpac', '-i', source, '-o', join(dir, `theirs.${to}`)],
    ].map((command) => Math.min(...Array.from({ length: RUNS }, () => cpuSeconds(command))))
    const value = (ours ?? Number.NaN) / (theirs ?? Number.NaN)
    const megabytes = Math.round(streams[from].length / 1e6)
    const detail = `${ours?.toFixed(2)} s of a processor to ${theirs?.toFixed(2)} s, ${megabytes} MB, with the start of the program`
    return { name: `${from} to ${to} beside GPAC`, value, unit: 'times', limit: '≤ 1', ok: value <= 1, detail }
  })
}

/**
 * User and system time of a command with all its threads.
 * @param {readonly string[]} command
 */
function cpuSeconds(command) {
  const timed = 'TIMEFORMAT="%U %S"; time "$@" > /dev/null 2>&1'
  const { stderr } = spawnSync('bash', ['-c', timed, 'time', ...command], { encoding: 'utf8' })
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number)
  return user + system
}

/**
 * Lengthens the last NAL unit of each picture by bytes that are no start code.
 * @param {{ tracks: unknown[], samples: { track: number, data: Uint8Array }[] }} media
 */
function heavier({ tracks, samples }) {
  const more = Uint8Array.from({ length: PICTURE_BYTES }, (_, at) => 4 + ((at * 7919) % 251))
  return {
    tracks,
    samples: samples.map((sample) => {
      if (sample.track !== 1) return sample
      const data = Buffer.concat([sample.data, more])
      let at = 0
      while (at + 4 + data.readUInt32BE(at) < sample.data.length) at += 4 + data.readUInt32BE(at)
      data.writeUInt32BE(data.length - at - 4, at)
      return { ...sample, data: new Uint8Array(data) }
    }),
  }
}

/**
 * Bundles the stages into one file that Node can load.
 * @param {string} dir
 */
async function bundled(dir) {
  const entry = join(dir, 'media-entry.ts')
  const from = (/** @type {string} */ path) => JSON.stringify(join(root, path))
  writeFileSync(
    entry,
    `import { openReader, openWriter } from ${from('core/media/stream/open-stages.ts')}
import { LivePackager } from ${from('core/media/package/live-packager.ts')}
import { SampleInterleaver } from ${from('core/media/stream/sample-interleaver.ts')}
import { StreamFaults } from ${from('core/media/stream/stream-faults.ts')}
export { demoMedia, writeStream } from ${from('core/testing/media-streams.ts')}
const nothing = { track() {}, sample() {}, chunk() {}, end() {} }
export function convert(format, to, bytes, piece) {
  const faults = new StreamFaults()
  const sink = to === null ? nothing : new SampleInterleaver(openWriter(to, nothing, 1, faults))
  const reader = openReader(format, sink, faults, { rate: null, refuse() {} })
  for (let at = 0; at < bytes.length; at += piece) reader.chunk(bytes, at, Math.min(bytes.length, at + piece), 0)
  reader.end(0)
}
export async function chunkDelays({ tracks, samples }, chunkS) {
  const handed = []
  const delays = []
  let given = 0
  const taker = {
    whole() {},
    segmentBegins() {},
    segmentEnds() {},
    segmentGrows(name, bytes, start, end) {
      if (!name.includes('video')) return
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)
      given += chunk.readUInt32BE(chunk.indexOf('trun') + 8)
      delays.push(performance.now() - handed[given - 1])
    },
  }
  const options = { manifest: 'live.mpd', isDual: false, segmentS: 1, chunkS, isLive: true, nowUs: () => 0, timeText: String }
  const packager = new LivePackager(options, taker)
  for (const track of tracks) packager.track(track)
  const scale = (id) => tracks.find((track) => track.id === id).timescale
  const timed = samples.map((sample) => ({ sample, atMs: (1000 * sample.decodeTicks) / scale(sample.track) }))
  timed.sort((one, other) => one.atMs - other.atMs)
  const began = performance.now() - timed[0].atMs
  for (const { sample, atMs } of timed) {
    const waitMs = atMs - (performance.now() - began)
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    if (tracks.find(({ id }) => id === sample.track).kind === 'video') handed.push(performance.now())
    packager.sample(sample)
  }
  packager.end()
  return delays
}
`,
  )
  await build({
    configFile: false,
    root,
    logLevel: 'error',
    publicDir: false,
    define: { __dirname: JSON.stringify(join(root, 'core', 'testing')) },
    plugins: [besideBundle()],
    ssr: { noExternal: true },
    build: {
      ssr: true,
      ssrEmitAssets: true,
      outDir: join(dir, 'media'),
      emptyOutDir: true,
      minify: false,
      rolldownOptions: { input: { media: entry }, output: { format: 'cjs', entryFileNames: '[name].cjs' } },
    },
  })
  return createRequire(import.meta.url)(join(dir, 'media', 'media.cjs'))
}
