import { believableBytes } from '../flow/holes.ts'
import type { ByteRange, FlowObject } from '../flow/objects.ts'

/**
 * Bytes of an object with holes that are kept: up to the last one received, or only those before the first hole where a
 * claimed length or offset is implausible.
 */
export function keptBytes(object: FlowObject, missing: readonly ByteRange[]): number {
  // An MPU is laid out at its end; before, only its beginning is in its place.
  if (object.assembled && object.state === 'receiving') return object.prefixBytes()
  const lastHole = missing.at(-1)
  const tail = lastHole !== undefined && lastHole[1] === object.size
  const end = tail ? lastHole[0] : (object.size ?? contiguousEnd(object.received + object.recovered, missing))
  return end <= believableBytes(object.received + object.recovered) ? end : object.prefixBytes()
}

/** End of the last byte of an object of unknown size. */
function contiguousEnd(received: number, missing: readonly ByteRange[]): number {
  return missing.reduce((sum, [from, to]) => sum + to - from, received)
}
