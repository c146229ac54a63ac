import { MAX_OBJECT_BYTES } from '../flow/objects.ts'
import type { HlsPart } from '../manifest/hls/low-latency.ts'
import { resolveReference } from '../manifest/reference.ts'
import { GrowingBody } from './growing-body.ts'
import type { ByteSpan, GrowingFile, GrowingOrigin, LiveFile } from './growing-origin.ts'
import type { HlsEntry, HlsFile } from './hls-list.ts'
import type { FetchedFile, PatientFetch } from './patient-fetch.ts'

type Before = () => Promise<string | null>

/** Longest time that a part which is only announced is waited for, ms. */
const HINT_MS = 10_000
/** Most answers of parts that are announced only. */
const MOST_HINTED = 4

/** A part of a segment, with its address resolved. */
export type PartFile = HlsFile & { readonly sequence: number; readonly durationUs: number; readonly gap: boolean }

/** @param url that the names of the playlist count from */
export function partFiles(parts: readonly HlsPart[], url: string): PartFile[] {
  return parts.map(({ uri, byteRange, sequence, durationS, gap }) => {
    const address = resolveReference(url, uri)
    return { address, range: byteRange, sequence, durationUs: Math.round(durationS * 1e6), gap }
  })
}

/** Fetches parts; the one that is announced next is asked for before it is there. */
export class PartFetch {
  readonly #source: GrowingOrigin
  readonly #patient: PatientFetch
  readonly #nowUs: () => number
  readonly #over: AbortSignal
  /** Answers that are waited for, by what was asked for. */
  readonly #hinted = new Map<string, { readonly file: Promise<LiveFile>; readonly end: AbortController }>()

  constructor(source: GrowingOrigin, patient: PatientFetch, nowUs: () => number, over: AbortSignal) {
    this.#source = source
    this.#patient = patient
    this.#nowUs = nowUs
    this.#over = over
  }

  /** Asks for a part that is made now: its server answers once it is there. */
  hint(part: HlsFile): void {
    const key = keyOf(part)
    if (this.#hinted.has(key) || this.#over.aborted) return
    const end = new AbortController()
    const over = (): void => end.abort()
    this.#over.addEventListener('abort', over)
    const file = this.#source.file(part.address, MAX_OBJECT_BYTES, end.signal, part.range, HINT_MS).finally(() => {
      this.#over.removeEventListener('abort', over)
    })
    this.#hinted.set(key, { file, end })
    const [oldest] = this.#hinted
    // It was made under another name.
    if (oldest !== undefined && this.#hinted.size > MOST_HINTED) {
      oldest[1].end.abort()
      this.#hinted.delete(oldest[0])
    }
  }

  /** @param before as of PatientFetch */
  async fetch(part: HlsFile & { readonly durationUs: number }, before: Before): Promise<FetchedFile> {
    const key = keyOf(part)
    const hinted = this.#hinted.get(key)
    if (hinted !== undefined) {
      const file = await hinted.file
      this.#hinted.delete(key)
      if (file.kind === 'bytes' && (await before()) === null) return { file, trouble: null }
    }
    const { address, range, durationUs } = part
    const wanted = { at: address, range, availableUs: this.#nowUs(), durationUs, wholeUs: null }
    return this.#patient.fetch(wanted, before)
  }
}

const keyOf = ({ address, range }: HlsFile): string => `${address}\n${range?.join('-') ?? ''}`

/** A segment that is put together of its parts as they come. Where one does not, the rest is taken of the whole segment. */
export class PartedSegment {
  readonly sequence: number
  readonly body = new GrowingBody(null)
  /** What had to be fetched again, and why; null without any. */
  trouble: { readonly at: string; readonly why: string } | null = null
  /** Why it did not come whole; null where it did. */
  lack: string | null = null
  /** The segment as the playlist lists it once it is whole. */
  complete: HlsEntry | null = null
  #parts: readonly PartFile[] = []
  #isAbandoned = false
  #wake: () => void = () => {}

  constructor(sequence: number) {
    this.sequence = sequence
  }

  /** Takes what another reading of the playlist says of it. @param complete null while it is being made */
  update(parts: readonly PartFile[], complete: HlsEntry | null): void {
    const own = parts.filter(({ sequence }) => sequence === this.sequence)
    // Those of older segments are listed no more.
    if (own.length > this.#parts.length) this.#parts = own
    this.complete ??= complete
    this.#wake()
  }

  /** Nothing more is said of it. */
  abandon(): void {
    this.#isAbandoned = true
    this.#wake()
  }

  /** Fetches it to its end. @param before reads what it needs; @returns why that is not there, or null */
  async run(parts: PartFetch, before: Before): Promise<void> {
    for (let at = 0; !this.#isAbandoned; ) {
      const part = this.#parts[at]
      if (part !== undefined) {
        const came = part.gap ? null : await parts.fetch(part, before)
        if (came?.file.kind !== 'bytes') break
        this.#note(part.address, came)
        if (this.body.length + came.file.bytes.length > MAX_OBJECT_BYTES) break
        this.body.append(came.file.bytes)
        at++
      } else if (this.complete !== null) {
        this.body.end(true)
        return
      } else await this.#more()
    }
    await this.#rest(parts, before)
  }

  /** Takes what its parts did not give of the whole. */
  async #rest(parts: PartFetch, before: Before): Promise<void> {
    while (this.complete === null && !this.#isAbandoned) await this.#more()
    const { complete } = this
    const whole: GrowingFile =
      complete === null
        ? { kind: 'gone', reason: 'its playlist lists it no more' }
        : complete.gap
          ? { kind: 'gone', reason: 'its playlist says that it is a gap' }
          : await this.#whole(complete, parts, before)
    if (whole.kind === 'bytes' && startsWith(whole.bytes, this.body.bytes)) {
      this.body.append(whole.bytes.subarray(this.body.length))
      this.body.end(true)
      return
    }
    this.lack = whole.kind === 'bytes' || whole.kind === 'growing' ? 'its parts are not those of it' : whole.reason
    this.body.end(false)
  }

  async #whole(complete: HlsEntry, parts: PartFetch, before: Before): Promise<GrowingFile> {
    const came = await parts.fetch(complete, before)
    this.#note(complete.address, came)
    return came.file
  }

  #note(at: string, { trouble }: FetchedFile): void {
    if (trouble !== null) this.trouble ??= { at, why: trouble }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0
}

/** The name of the segment after two others, where a number in it counts them; null otherwise. */
export function nextName(before: string, last: string): string | null {
  for (const { 0: digits, index } of [...last.matchAll(/\d{1,15}/g)].reverse()) {
    const made = (number: number): string =>
      last.slice(0, index) + String(number).padStart(digits.length, '0') + last.slice(index + digits.length)
    if (made(Number(digits) - 1) === before || (digits.startsWith('1') && unpadded(last, index, digits) === before))
      return made(Number(digits) + 1)
  }
  return null
}

/** A name with the number before, which has a digit less: 9 before 10. */
function unpadded(name: string, index: number, digits: string): string {
  return name.slice(0, index) + String(Number(digits) - 1) + name.slice(index + digits.length)
}

/** Start of an open segment's bytes, where its parts are ranges of a larger file. */
export function openRange(range: ByteSpan | null): ByteSpan | null {
  return range === null || range[0] === 0 ? null : [range[0], range[0]]
}
