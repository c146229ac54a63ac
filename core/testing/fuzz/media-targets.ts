import type { MediaFormat } from '../../media/stream/media-formats.ts'
import { openWriter } from '../../media/stream/open-stages.ts'
import { StreamFaults } from '../../media/stream/stream-faults.ts'
import { HOSTILE_STREAMS } from '../hostile-streams.ts'
import { demoMedia, readStream, writeStream } from '../media-streams.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'

const READ: readonly MediaFormat[] = ['mp4', 'ts', 'avc', 'hevc', 'aac', 'mp3', 'ac3']
const WRITTEN: readonly MediaFormat[] = ['mp4', 'ts', 'avc', 'aac']

/** Damaged streams of each format, in random pieces, through its reader, and what comes of them through a writer. */
export const mediaTargets = (): FuzzTarget[] =>
  READ.map((format) => {
    let streams: readonly Uint8Array[] = []
    return {
      name: `media ${format}`,
      unit: 'streams',
      weight: 0.02,
      batch: 20,
      open: inProcess(async (count, random, spent) => {
        if (streams.length === 0) streams = WRITTEN.map((each) => writeStream(each, demoMedia(1)).slice(0, 60_000))
        const own = streams[WRITTEN.indexOf(format)]
        const hostile = HOSTILE_STREAMS.filter(({ extension }) => extension === format)
        for (let done = 0; done < count; done++) {
          const kind = random() < 0.3 ? hostile[Math.floor(random() * hostile.length)] : undefined
          const made = kind?.make(Math.floor(60_000 * random()), (limit) => Math.floor(random() * limit))
          const sample = made ?? own ?? (streams[done % streams.length] as Uint8Array)
          const input = mutate(sample, streams[done % streams.length] as Uint8Array, random)
          const began = performance.now()
          try {
            const kept = readStream(format, input, () => 1 + Math.floor(random() * 3000))
            const sink = { chunk: () => undefined, end: () => undefined }
            const writer = openWriter(WRITTEN[done % WRITTEN.length] as MediaFormat, sink, 1, new StreamFaults())
            for (const track of kept.tracks) writer.track(track)
            for (const each of kept.samples) writer.sample(each)
            writer.end()
          } catch (thrown) {
            const what = thrown instanceof Error ? thrown.stack : String(thrown)
            return `threw ${what}\nwith ${input.length} bytes of ${format}`
          }
          spent(performance.now() - began)
        }
        return null
      }),
    }
  })
