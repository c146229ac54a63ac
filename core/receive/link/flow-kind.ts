import type { FlowProtocol } from '../../contract/report.ts'
import { LCT_FAULT, LctPacket } from '../../protocol/lct/lct-packet.ts'
import { looksLikeMmtp } from '../../protocol/mmtp/mmtp-packet.ts'

const probe = new LctPacket()

/**
 * Protocol a datagram of an unknown flow looks like. ROUTE: an LCT header of the one form ROUTE allows (32-bit TSI and
 * TOI, source packet). FLUTE: any other valid LCT header. `unknown` means nothing for the next datagram.
 */
export function guessProtocol(bytes: Uint8Array, start: number, end: number): FlowProtocol {
  if (probe.read(bytes, start, end) === LCT_FAULT.none && probe.extensionFault === 0) {
    const second = bytes[start + 1] as number
    const wideIds = (second & 0xf0) === 0xa0
    if ((probe.psi & 2) !== 0) {
      if (wideIds && probe.headerBytes + 4 <= end - start) return 'route'
    } else if (
      probe.psi === 0 &&
      (second & 0x0c) === 0 &&
      (second & 0xf0) !== 0 &&
      probe.headerBytes + 4 <= end - start
    ) {
      return 'flute'
    }
  }
  return looksLikeMmtp(bytes, start, end) ? 'mmtp' : 'unknown'
}

/**
 * True where a FLUTE guess of `guessProtocol` is certain: short ids, which ROUTE does not have, or a table with its
 * instance id. Anything else may be a repair packet of ROUTE.
 */
export function isSurelyFlute(bytes: Uint8Array, start: number, end: number): boolean {
  if (probe.read(bytes, start, end) !== LCT_FAULT.none || probe.psi !== 0) return false
  return ((bytes[start + 1] as number) & 0x10) !== 0 || (probe.toi === 0 && probe.fdtInstance >= 0)
}
