import { defined } from '../contract/defined.ts'
import type { FlowObject } from '../flow/objects.ts'
import type { Exchange } from './exchange.ts'
import { mediaTypeOf } from './mime.ts'
import { contentRange, type RangeSpec } from './ranges.ts'

/** Bytes handed to the socket at a time. */
const CHUNK_BYTES = 256 * 1024

/** Serves a whole object while it arrives: received bytes at once, the rest as it arrives; cut off if the object is dropped. */
export function answerGrowing(exchange: Exchange, object: FlowObject): void {
  exchange.head(200, {
    ...headersOf(object),
    ...defined({ 'Content-Length': object.size ?? undefined }),
  })
  if (exchange.isHead) exchange.end()
  else follow(exchange, object, 0, object.size)
}

/**
 * Resolves a range of an object that is arriving, half-open; `undecided` while its length is unknown and the range has not
 * arrived whole, null where the range lies outside.
 * @param settle true takes the received bytes of a range, once waiting has taken long enough
 */
export function growingRange(
  range: RangeSpec,
  object: Pick<FlowObject, 'size' | 'prefixBytes'>,
  settle: boolean,
): readonly [number, number] | 'undecided' | null {
  const { size } = object
  const there = object.prefixBytes()
  if ('suffix' in range) {
    if (size === null) return 'undecided'
    return range.suffix === 0 ? null : [Math.max(0, size - range.suffix), size]
  }
  const { first, last } = range
  if (size !== null) return first >= size ? null : [first, last === null ? size : Math.min(size, last + 1)]
  if (last === null) return there > first ? [first, there] : 'undecided'
  if (there > last) return [first, last + 1]
  return settle && there > first ? [first, there] : 'undecided'
}

/** Serves a part of an object while it arrives. */
export function answerGrowingPart(exchange: Exchange, object: FlowObject, part: readonly [number, number]): void {
  exchange.head(206, {
    ...headersOf(object),
    'Content-Length': part[1] - part[0],
    'Content-Range': contentRange(part, object.size),
  })
  follow(exchange, object, part[0], part[1])
}

function headersOf(object: FlowObject): Record<string, string> {
  const mediaType = mediaTypeOf(object.name ?? '', object.contentType)
  return {
    'Content-Type': mediaType,
    'Accept-Ranges': 'bytes',
    // The content has no tag yet, and may still be dropped.
    'Cache-Control': 'no-store',
  }
}

/** Sends bytes as they arrive. @param to end of the announced range; null: the object's own end */
function follow(exchange: Exchange, object: FlowObject, from: number, to: number | null): void {
  const { response } = exchange
  let at = from
  let scheduled = false
  let blocked = false
  // A packet brings a kilobyte: bytes of one turn of the event loop are sent together.
  const schedule = (): void => {
    if (scheduled || blocked) return
    scheduled = true
    setImmediate(pump)
  }
  const unwatch = object.watch(schedule)
  response.once('close', unwatch)
  const pump = (): void => {
    scheduled = false
    if (exchange.isOver) return
    const end = Math.min(object.prefixBytes(), to ?? Number.POSITIVE_INFINITY)
    while (at < end) {
      const next = Math.min(end, at + CHUNK_BYTES)
      const chunk = object.lease(at, next).bytes
      at = next
      if (exchange.write(chunk)) continue
      blocked = true
      response.once('drain', () => {
        blocked = false
        pump()
      })
      return
    }
    if (to !== null ? at >= to : object.state === 'complete') {
      unwatch()
      exchange.end()
    } else if (object.state !== 'receiving') {
      // The announced length will not arrive: only a broken connection can show that.
      unwatch()
      response.destroy()
    }
  }
  response.flushHeaders()
  pump()
}
