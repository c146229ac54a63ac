import type { CaptionCue, CaptionLine, CaptionTrack } from '../../contract/captions.ts'
import { CC_TYPE } from './cc-data.ts'
import { Cea608Field } from './cea608-field.ts'
import { DtvccPackets } from './cea708-packets.ts'
import { Cea708Service } from './cea708-service.ts'

/** Triplets of one picture: cc_type, cc_data_1, cc_data_2 of each; its time of presentation, seconds. */
export type CaptionPicture = { readonly timeS: number; readonly triplets: Uint8Array }

/** What changes within this time of the change before is shown with it: characters come one pair a picture. */
const MIN_CUE_S = 0.1
/** So long after the last change captions are erased: their end may have been lost (CTA-608-E §C.9). */
const LONGEST_S = 16

/** What a channel or service displays. */
type Displayed = { readonly version: number; lines(): CaptionLine[] }

/** A channel with the times of what it shows. */
type Timed = { readonly id: string; readonly source: Displayed; version: number; open: Open | null; cues: CaptionCue[] }
type Open = { readonly startS: number; readonly lines: readonly CaptionLine[] }

/**
 * Decodes captions of CTA-608-E and CTA-708-E into cues.
 * @param pictures in their order of presentation @param endS when the last cue ends
 * @returns all channels that showed anything
 */
export function decodeCaptions(pictures: readonly CaptionPicture[], endS: number): CaptionTrack[] {
  const channels = new CaptionChannels()
  for (const picture of pictures) channels.picture(picture)
  return channels.tracks(endS)
}

/** All caption channels and services of a stream. */
class CaptionChannels {
  readonly #fields = [new Cea608Field(), new Cea608Field()] as const
  readonly #services = new Map<number, Cea708Service>()
  readonly #packets = new DtvccPackets({
    bytes: (service, bytes) => this.#service(service).push(bytes),
    lost: () => {
      for (const service of this.#services.values()) service.lost()
    },
  })
  readonly #timed: Timed[] = []

  constructor() {
    const channels = this.#fields.flatMap((field) => field.channels)
    for (const [at, channel] of channels.entries()) this.#add(`CC${at + 1}`, channel)
  }

  /** Takes the captions of the next picture. */
  picture({ timeS, triplets }: CaptionPicture): void {
    for (let at = 0; at + 3 <= triplets.length; at += 3) {
      const [type, first, second] = [triplets[at] as number, triplets[at + 1] as number, triplets[at + 2] as number]
      if (type === CC_TYPE.field1 || type === CC_TYPE.field2) this.#fields[type].pair(first, second)
      else this.#packets.pair(type === CC_TYPE.packetStart, first, second)
    }
    for (const timed of this.#timed) this.#look(timed, timeS)
  }

  /** Cues of all that showed anything. Nothing is taken afterwards. */
  tracks(endS: number): CaptionTrack[] {
    const used = this.#timed.filter((timed) => {
      this.#close(timed, endS)
      return timed.cues.length > 0
    })
    return used.map(({ id, cues }) => ({ id, cues }))
  }

  #service(number: number): Cea708Service {
    let service = this.#services.get(number)
    if (service === undefined) {
      service = new Cea708Service()
      this.#services.set(number, service)
      this.#add(`S${number}`, service)
    }
    return service
  }

  #add(id: string, source: Displayed): void {
    this.#timed.push({ id, source, version: source.version, open: null, cues: [] })
  }

  #look(timed: Timed, timeS: number): void {
    const { source, open } = timed
    if (source.version === timed.version) return
    const lines = source.lines()
    if (open !== null && lines.length > 0 && timeS - open.startS < MIN_CUE_S) return
    timed.version = source.version
    this.#close(timed, timeS)
    if (lines.length > 0) timed.open = { startS: timeS, lines }
  }

  #close(timed: Timed, endS: number): void {
    const { open } = timed
    timed.open = null
    if (open === null || endS <= open.startS) return
    timed.cues.push({ ...open, endS: Math.min(endS, open.startS + LONGEST_S) })
  }
}
