import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { build } from 'vite'
import { besideBundle } from '../../electron/packaging/beside-bundle.mjs'
import { root } from './measure.mjs'

/** Bytes added to each picture, so that the demo has 50 Mbit/s at 25 pictures per second. */
const PICTURE_BYTES = 250_000
const RUNS = 5
const PIECE_BYTES = 65_536
/** 50 Mbit/s, bytes per second. */
const CMAF_BYTES = 50e6 / 8

/**
 * Measures the stages between byte streams and samples, on one core, in pieces as sockets give them.
 * @param {string} dir scratch folder
 * @returns {Promise<import('./measure.mjs').Figure[]>}
 */
export async function mediaBench(dir) {
  const { demoMedia, writeStream, convert } = await bundled(dir)
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
  return [
    { name: 'Annex B to MP4', value: raw, unit: 'MB/s', limit: '≥ 500', ok: raw >= 500, detail },
    { name: 'MPEG-2 TS demuxed', value: demuxed, unit: 'MB/s', limit: '≥ 125', ok: demuxed >= 125, detail },
    { name: 'CMAF of 50 Mbit/s to TS', value: share, unit: '% of a core', limit: '< 15', ok: share < 15, detail },
  ]
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
