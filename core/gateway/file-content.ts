import type { StoredBytes, StoredFile } from '../files/stored-file.ts'
import type { Validators } from '../http/conditions.ts'
import type { Content } from '../http/content-answer.ts'
import { mediaTypeOf } from '../http/mime.ts'

/** Segments do not change under their name, but a restarted session may use the name again. */
const SEGMENT_CACHE = 'public, max-age=5'

/** An encoding that may stand in a header. */
const CODINGS = /^[\w.+-]+(?:, [\w.+-]+)*$/

/** A stored file as the content of an answer, with the headers that tell players how it may be kept, and what state it is in. */
export function fileContent(
  file: Pick<StoredFile, 'name' | 'kind' | 'contentType' | 'size' | 'complete' | 'contentEncoding' | 'patched'>,
  source: NonNullable<StoredBytes>,
  validators: Validators,
): Content {
  const isSegment = file.kind === 'media' || file.kind === 'init'
  return {
    source,
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
  }
}
