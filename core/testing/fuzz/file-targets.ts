import { describeBox, readBoxTree } from '../../media/bmff/box-tree.ts'
import { readBoxes } from '../../media/bmff/boxes.ts'
import { fragmentRuns } from '../../media/bmff/fragment-samples.ts'
import { trackTimescales } from '../../media/bmff/init-segment.ts'
import { patchSegment } from '../../media/bmff/patch-segment.ts'
import { shiftSegment } from '../../media/bmff/shift-segment.ts'
import { parseMovieFragment } from '../../media/mmt/movie-fragment.ts'
import { parseMpuMovie } from '../../media/mmt/mpu-movie.ts'
import { readMpuFile } from '../../media/mmt/mpu-reader.ts'
import { parseEntity } from '../../protocol/mime/entity.ts'
import { isMultipart, parseMultipart } from '../../protocol/mime/multipart.ts'
import { readSignedEntity } from '../../protocol/mime/signed.ts'
import { HOSTILE_BOXES, HOSTILE_PACKAGES, type HostileFile } from '../hostile-files.ts'
import { complaintOf } from './complaint.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'
import { demoFile } from './samples.ts'

/** Whoever reads a file that was received. */
export type FileReader = { readonly name: string; readonly read: (bytes: Uint8Array) => unknown }

const movie = parseMpuMovie(demoFile('video-init.mp4'))
const timescales = trackTimescales(demoFile('video-init.mp4'))
const SHIFT = { ticks: 90_000, timescale: 90_000 }

const BOX_READERS: readonly FileReader[] = [
  {
    name: 'the inspector',
    read: (bytes) => {
      const { rows } = readBoxTree(bytes, [[bytes.length >> 1, (bytes.length >> 1) + 9]], bytes.length)
      return rows.slice(0, 20).map(({ offset }) => describeBox(bytes, [], offset))
    },
  },
  { name: 'an initialisation segment', read: (bytes) => [trackTimescales(bytes), parseMpuMovie(bytes)] },
  { name: 'an MPU', read: (bytes) => readMpuFile(bytes.length, (from, to) => bytes.subarray(from, to)) },
  { name: 'a movie fragment', read: (bytes) => parseMovieFragment(bytes, movie, 0) },
  {
    name: 'runs of samples',
    read: (bytes) => readBoxes(bytes).flatMap((box) => (box.type === 'moof' ? fragmentRuns(bytes, box) : [])),
  },
  { name: 'a patch', read: (bytes) => patchSegment(bytes, [[bytes.length >> 1, (bytes.length >> 1) + 99]], 'strict') },
  { name: 'a shift', read: (bytes) => shiftSegment(bytes, SHIFT, timescales, 1) },
]

const PACKAGE_READERS: readonly FileReader[] = [
  { name: 'a package', read: (bytes) => (isMultipart(bytes) ? parseMultipart(bytes) : null) },
  { name: 'a package without its head', read: parseMultipart },
  { name: 'an entity', read: parseEntity },
  { name: 'a signed entity', read: readSignedEntity },
]

/** Hostile files of each format, and who reads them. */
export const FILE_ATTACKS: readonly {
  readonly format: string
  readonly files: readonly HostileFile[]
  readonly readers: readonly FileReader[]
}[] = [
  { format: 'boxes', files: HOSTILE_BOXES, readers: BOX_READERS },
  { format: 'MIME', files: HOSTILE_PACKAGES, readers: PACKAGE_READERS },
]

/** Sizes of hostile files: the smaller, the more of them. */
const MOST_BYTES = 1 << 18

/** Hostile media files and packages, whole and damaged, given to all who read them. */
export const fileTargets = (): FuzzTarget[] =>
  FILE_ATTACKS.map(({ format, files, readers }) => ({
    name: `files of ${format}`,
    unit: 'files',
    weight: 3,
    batch: 100,
    open: inProcess(async (count, random, spent) => {
      const below = (limit: number): number => Math.floor(random() * limit)
      for (let done = 0; done < count; done++) {
        const { name, make } = files[below(files.length)] as HostileFile
        const made = make(Math.floor(MOST_BYTES ** random()), below)
        const input = random() < 0.5 ? made : mutate(made, made, random)
        for (const reader of readers) {
          const began = performance.now()
          const wrong = complaintOf(reader.read, input)
          spent(performance.now() - began)
          if (wrong !== null) return `${name}, read as ${reader.name} ${wrong}\nwith ${input.length} bytes`
        }
      }
      return null
    }),
  }))
