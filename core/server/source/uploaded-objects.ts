import { asServiceId } from '../../contract/ids.ts'
import { GrowingObject } from '../../flow/growing-object.ts'
import { MAX_OBJECT_BYTES, MEDIA_NAME, type ObjectKind, type ObjectSink } from '../../flow/objects.ts'
import type { TakenUpload, UploadTaker } from './upload-source.ts'

/** All uploads of a source are files of one service. */
export const UPLOADED_SERVICE = asServiceId(1)
const INIT_NAME = /(?:^|[-_./])(?:init|header)[^/]*\.(?:mp4|m4s|m4v|m4a|cmf[vatm])$/i

/** Makes objects of uploads: media is given while it comes. */
export class UploadedObjects implements UploadTaker {
  readonly keeps = true
  readonly #sinks: ObjectSink[] = []
  readonly #nowUs: () => number

  constructor(nowUs: () => number) {
    this.#nowUs = nowUs
  }

  add(sink: ObjectSink): void {
    this.#sinks.push(sink)
  }

  begin(path: string, contentType: string | null, size: number | null): TakenUpload | string {
    if (path === '' || path.endsWith('/')) return 'A folder cannot be uploaded; name a file.'
    if (size !== null && size > MAX_OBJECT_BYTES) return `A file may have ${MAX_OBJECT_BYTES} bytes here.`
    const kind = kindOf(path)
    const lane = path.replace(/\d+/g, '#')
    const carrier = { kind: 'http', url: path } as const
    const facts = {
      serviceId: UPLOADED_SERVICE,
      name: path,
      contentType,
      kind,
      representation: null,
      carrier,
      size,
      lane,
    }
    const object = new GrowingObject(facts, this.#nowUs())
    return {
      append: (bytes) => {
        const isFirst = object.received === 0
        object.append(bytes, this.#nowUs())
        if (isFirst && kind === 'media') for (const sink of this.#sinks) sink.begun?.(object)
      },
      end: (isWhole) => {
        const file = object.end(isWhole)
        for (const sink of this.#sinks) {
          if (file !== null) sink.whole(file)
          else if (kind === 'media') sink.lost?.(object)
        }
      },
    }
  }

  busy(): Promise<void> | null {
    for (const sink of this.#sinks) {
      const busy = sink.busy?.() ?? null
      if (busy !== null) return busy
    }
    return null
  }
}

function kindOf(name: string): ObjectKind {
  if (/\.mpd$/i.test(name)) return 'manifest'
  if (/\.m3u8?$/i.test(name))
    return /(?:^|\/)[^/]*(?:master|main|index|live)[^/]*$/i.test(name) ? 'manifest' : 'playlist'
  if (INIT_NAME.test(name)) return 'init'
  return MEDIA_NAME.test(name) ? 'media' : 'file'
}
