import type { AppError } from '../contract/app-error.ts'
import { captureLabel } from './capture-errors.ts'
import type { GzipFault } from './gzip-members.ts'
import type { InnerFinding } from './inner-groups.ts'
import { otherName, protocolName } from './no-udp.ts'
import { type PassedFrames, passedAdvice, passedText } from './passed-frames.ts'

/** Limit of warnings, for a capture with damage everywhere. */
const MAX_WARNINGS = 20

/** Makes warnings about a capture that could only be read in part, each with the file and the byte. */
export class CaptureWarnings {
  readonly #list: AppError[] = []
  readonly #report: (error: AppError) => void
  readonly #keys = new Set<string>()
  /** Files that end in the middle of a packet. */
  readonly #cut = new Set<string>()
  /** Files with others behind them. */
  readonly #joined = new Set<string>()
  #left = 0

  /** @param report called with each warning */
  constructor(report: (error: AppError) => void) {
    this.#report = report
  }

  all(): readonly AppError[] {
    return this.#list
  }

  truncated(file: string, offset: number, compressed: boolean): void {
    this.#cut.add(file)
    this.#add(
      `${captureLabel(file)} ends in the middle of a packet, at ${place(offset, compressed)}; everything before it was read.`,
      'Nothing needs to be done, unless the end matters: then record or copy it again.',
    )
  }

  damaged(file: string, offset: number, skipped: number, reason: string, compressed: boolean): void {
    this.#add(
      skipped === 0
        ? `${captureLabel(file)} is damaged at ${place(offset, compressed)}: ${reason}; nothing was skipped.`
        : `${captureLabel(file)} is damaged at ${place(offset - skipped, compressed)}: ${reason}; ${bytes(skipped)} were skipped up to the next good packet.`,
      'What follows was read all the same; copy the file again if the missing part matters.',
    )
  }

  unreadable(file: string, offset: number, skipped: number, reason: string, compressed: boolean): void {
    this.#add(
      `${captureLabel(file)} is damaged at ${place(Math.max(0, offset - skipped), compressed)}: ${reason}, and no good packet follows in ${bytes(skipped)}; everything before it was read.`,
      'Copy or record the file again if the rest matters.',
    )
  }

  /** Told once for a file. */
  joined(file: string, offset: number, compressed: boolean): void {
    if (this.#joined.has(file)) return
    this.#joined.add(file)
    this.#add(
      `${captureLabel(file)} is several captures one behind the other, the second from ${place(offset, compressed)} on; all were read.`,
      'Nothing needs to be done; mergecap joins captures in the order of their times.',
    )
  }

  nanoseconds(file: string): void {
    this.#add(
      `${captureLabel(file)} has fractions of seconds in ns, although its header says µs; they were read as ns.`,
      'Nothing needs to be done here; other programs show other times.',
    )
  }

  /** Frames of one kind that could not be read. @param label names the capture or captures */
  passedOver(label: string, kind: PassedFrames['kinds'][number]): void {
    const first = kind.count === 1 ? `frame ${kind.frame}` : `the first is frame ${kind.frame}`
    this.#add(`${label}: ${passedText(kind)}; ${first}.`, passedAdvice(kind))
  }

  /** Multicast within packets that are not unwrapped. @param label names the capture or captures */
  notUnwrapped(label: string, { kind, number, frame, groups }: InnerFinding): void {
    const outer =
      kind === 'udp' ? `UDP to port ${number}` : kind === 'ip' ? protocolName(number) : `frames (${otherName(number)})`
    const [first, ...others] = groups
    const more = others.length === 0 ? '' : ` and ${others.slice(0, 4).join(', ')}${others.length > 4 ? ', …' : ''}`
    this.#add(
      `${label}: there are packets to ${first}${more} inside of ${outer}, which is not unwrapped here; the first is in frame ${frame}.`,
      'Record where the multicast itself arrives, or have the mirror port send plain, ERSPAN, VXLAN or TZSP packets.',
      undefined,
      'other-protocol',
    )
  }

  repeated(label: string, { repeated, of }: { readonly repeated: number; readonly of: number }): void {
    this.#add(
      `${label} has packets twice: ${repeated} of the first ${of} repeat one just before; rates count both.`,
      'Record it on one interface, or one direction of a mirror port; editcap -d removes repeated packets.',
    )
  }

  /** Told once for a file and direction. @param followed the stream's time makes the step, too */
  clockStep(file: string, byUs: number, frame: number, followed: boolean): void {
    const key = `${byUs < 0 ? 'back' : 'forward'} ${file}`
    if (this.#keys.has(key)) return
    this.#keys.add(key)
    const by = `${Math.round(Math.abs(byUs) / 1e6)} s`
    const label = captureLabel(file)
    this.#add(
      followed
        ? `${label}: no packets for ${by} before frame ${frame}, or its clock was set forward.`
        : `${label}: its clock goes ${byUs < 0 ? 'back' : 'forward'} by ${by} at frame ${frame}; time goes on without the step.`,
      'Set the clock of the computer that records before recording; intervals and rates around the step are not right.',
    )
  }

  /** The file has another size than when it was opened. */
  resized(file: string, openedBytes: number, readBytes: number): void {
    const grew = readBytes > openedBytes
    this.#add(
      `${captureLabel(file)} ${grew ? 'grew' : 'shrank'} from ${openedBytes} to ${bytes(readBytes)} while it was read${grew ? '; what was written later is missing' : '; what was cut off is missing'}.`,
      grew
        ? `To follow it while it is written: \`tail -c +1 -f ${captureLabel(file)} | routescope open -\`.`
        : 'Open it again once nothing else writes to it.',
    )
  }

  gzip(file: string, fault: GzipFault): void {
    const label = captureLabel(file)
    const at = `byte ${fault.at} of the file`
    const again = 'Copy or download the file again if the rest matters.'
    if (fault.kind === 'junk') {
      const what = `${bytes(fault.bytes)} at ${at} that do not belong to its gzip compression`
      this.#add(`${label} has ${what}; they were passed over.`, again, undefined, 'bad-gzip')
    } else if (fault.kind === 'checksum') {
      const text = `${label} is damaged inside its gzip compression: what ends at ${at} has another check sum; all of it was read.`
      this.#add(text, again, undefined, 'bad-gzip')
    } else if (fault.kind === 'members') {
      const text = `${label} is packed in more than ${fault.count - 1} tiny pieces of gzip; what begins at ${at} was not read.`
      this.#add(text, 'Unpack it and pack it again.', undefined, 'bad-gzip')
    } else if (fault.kind === 'damaged') {
      const text = `${label} is damaged inside its gzip compression, near ${at}; everything before the damage was read.`
      this.#add(text, again, fault.reason, 'bad-gzip')
    } else if (!this.#cut.has(file)) {
      this.#add(`${label} ends in the middle of its gzip compression; everything before it was read.`, again)
    }
  }

  #add(message: string, tryThis: string, cause?: string, code: AppError['code'] = 'capture-corrupt'): void {
    // A capture played in a loop warns once.
    if (this.#keys.has(message)) return
    if (this.#list.length > MAX_WARNINGS) {
      this.#left++
      this.#list[MAX_WARNINGS] = {
        code: 'capture-corrupt',
        message: `The capture is damaged in ${this.#left + 1} more places.`,
        tryThis: 'Copy or record the file again.',
      }
      return
    }
    this.#keys.add(message)
    const error: AppError = cause === undefined ? { code, message, tryThis } : { code, message, tryThis, cause }
    this.#list.push(error)
    this.#report(error)
  }
}

function place(offset: number, compressed: boolean): string {
  return compressed ? `byte ${offset} of the uncompressed data` : `byte ${offset}`
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`
}
