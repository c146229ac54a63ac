import type { StoredBytes, StoredFile } from '../files/stored-file.ts'
import type { Validators } from '../http/conditions.ts'
import { answerContent } from '../http/content-answer.ts'
import type { Exchange } from '../http/exchange.ts'
import { mediaTypeOf } from '../http/mime.ts'

/** Segments do not change under their name, but a restarted session may use the name again. */
const SEGMENT_CACHE = 'public, max-age=5'

/** An encoding that may stand in a header. */
const CODINGS = /^[\w.+-]+(?:, [\w.+-]+)*$/

/**
 * Serves a stored file.
 * @returns false where its bytes were removed meanwhile; nothing has been sent then
 */
export async function answerFile(
  exchange: Exchange,
  file: Pick<StoredFile, 'name' | 'kind' | 'contentType' | 'size' | 'complete' | 'contentEncoding' | 'patched'>,
  stored: StoredBytes,
  validators: Validators,
): Promise<boolean> {
  if (stored === null) return false
  const isSegment = file.kind === 'media' || file.kind === 'init'
  return answerContent(exchange, {
    source: stored,
    size: file.size,
    mediaType: mediaTypeOf(file.name, file.contentType),
    validators,
    headers: {
      // A damaged file may soon be replaced by a better one.
      'Cache-Control': !file.complete ? 'no-store' : isSegment ? SEGMENT_CACHE : 'no-cache',
      ...(file.contentEncoding === undefined || !CODINGS.test(file.contentEncoding)
        ? undefined
        : { 'Content-Encoding': file.contentEncoding }),
      ...(file.complete ? undefined : { 'X-Routescope-State': file.patched === undefined ? 'incomplete' : 'patched' }),
    },
  })
}
