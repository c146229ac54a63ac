import { basename } from 'node:path'
import { startReadProgram } from '../guard/guarded-programs.ts'
import { isProgram, programOnPath } from '../guard/program-path.ts'
import { decodeOnce } from './decoding.ts'
import {
  H264_ENCODERS,
  KEEP_TIMES,
  type PictureEncoder,
  TRIAL_PICTURE,
  TRIAL_SOUND_BYTES,
  trialPictureArguments,
  trialSoundArguments,
} from './ffmpeg-arguments.ts'

/** An ffmpeg that works. */
export type Ffmpeg = {
  readonly path: string
  readonly version: string
  /** Names of its decoders. */
  readonly decoders: ReadonlySet<string>
  /** Its encoder of H.264, and an initialisation segment of it; null: it makes no pictures. */
  readonly picture: { readonly encoder: PictureEncoder; readonly init: Uint8Array } | null
  /** An initialisation segment of its FLAC; null: it makes no sound. */
  readonly sound: { readonly init: Uint8Array } | null
}

/** What came of looking for ffmpeg. */
export type FfmpegSearch =
  | { readonly kind: 'found'; readonly ffmpeg: Ffmpeg }
  | { readonly kind: 'absent' }
  /** A sentence. */
  | { readonly kind: 'unfit'; readonly path: string; readonly reason: string }

const ASK_MS = 10_000
const MAX_ANSWER_BYTES = 1 << 20
/** `VFS..D hevc   HEVC (High Efficiency Video Coding)`, `V....D libdav1d  dav1d AV1 decoder (codec av1)`. */
const LISTED = /^ [VAS][A-Z.]{5} (\S+).*?(?:\(codec (\S+)\))?$/

/**
 * Finds ffmpeg and asks it what it can.
 * @param wanted a path, or `auto`: the first on PATH
 */
export async function findFfmpeg(wanted: string, signal: AbortSignal): Promise<FfmpegSearch> {
  const path = wanted === 'auto' ? await programOnPath('ffmpeg') : wanted
  if (path === null) return { kind: 'absent' }
  // A session may come from somebody else: it chooses among programs of this name, and starts no other.
  if (!/^ffmpeg[\w.-]*$/i.test(basename(path))) return { kind: 'unfit', path, reason: `${path} is not called ffmpeg.` }
  if (wanted !== 'auto' && !(await isProgram(path)))
    return { kind: 'unfit', path, reason: `There is no program ${path}.` }
  const [version, decoders, encoders] = await Promise.all(
    ['-version', '-decoders', '-encoders'].map((question) => askProgram(path, ['-hide_banner', question], signal)),
  )
  const named = /^ffmpeg version (\S+)/.exec(version ?? '')?.[1]
  if (named === undefined || decoders == null || encoders == null)
    return { kind: 'unfit', path, reason: `${path} does not answer as ffmpeg does.` }
  const encoding = namesIn(encoders)
  const encoder = Object.keys(H264_ENCODERS).find((name) => encoding.has(name)) ?? null
  const picture = encoder === null ? null : await tryPicture(path, encoder, signal)
  const sound = encoding.has('flac') ? await trySound(path, signal) : null
  if (picture === null && sound === null) {
    const lack = encoder === null ? 'has no encoder of H.264' : `makes no picture with ${encoder}`
    return { kind: 'unfit', path, reason: `ffmpeg ${named} (${path}) ${lack}.` }
  }
  return { kind: 'found', ffmpeg: { path, version: named, decoders: namesIn(decoders), picture, sound } }
}

/** Names that a list of decoders or encoders has: its own, and the codecs that libraries decode without a device. */
function namesIn(list: string): Set<string> {
  const names = new Set<string>()
  for (const line of list.split(/\r?\n/)) {
    const [, name, codec] = LISTED.exec(line) ?? []
    if (name === undefined || name === '=') continue
    names.add(name)
    if (codec !== undefined && name.startsWith('lib')) names.add(codec)
  }
  return names
}

/** Standard output of a program; null where it fails, takes too long, or says too much. */
function askProgram(path: string, args: readonly string[], signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const program = startReadProgram(path, args, process.env)
    let text = ''
    let bad = false
    const stop = (): void => {
      bad = true
      program.kill('SIGKILL')
    }
    const timer = setTimeout(stop, ASK_MS)
    signal.addEventListener('abort', stop)
    const settle = (answer: string | null): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
      resolve(answer)
    }
    program.stdout?.on('data', (chunk: Uint8Array) => {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length > MAX_ANSWER_BYTES) stop()
    })
    program.stderr?.resume()
    program.on('error', () => {
      if (program.pid === undefined) settle(null)
    })
    program.on('close', (code) => settle(bad || code !== 0 ? null : text))
    if (signal.aborted) stop()
  })
}

async function tryPicture(path: string, name: string, signal: AbortSignal): Promise<Ffmpeg['picture']> {
  const grey = new Uint8Array(TRIAL_PICTURE.bytes).fill(128)
  for (const keepTimes of KEEP_TIMES) {
    const encoder = { name, keepTimes }
    const init = await trial(path, trialPictureArguments(encoder), grey, signal)
    if (init !== null) return { encoder, init }
  }
  return null
}

async function trySound(path: string, signal: AbortSignal): Promise<Ffmpeg['sound']> {
  const init = await trial(path, trialSoundArguments(), new Uint8Array(TRIAL_SOUND_BYTES), signal)
  return init === null ? null : { init }
}

/** Initialisation segment of what a trial made; null where it made nothing. */
async function trial(
  path: string,
  args: readonly string[],
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  let init: Uint8Array | null = null
  const end = await decodeOnce({
    path,
    args,
    input: once(bytes),
    onPiece: (piece, kind) => {
      if (kind === 'init') init = piece
    },
    signal,
    limits: { idleMs: ASK_MS, tailMs: ASK_MS },
  })
  return end.kind === 'made' ? init : null
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes
}
