import type { PartSpec } from '../../contract/session-spec.ts'
import { FolderSink } from '../../files/folder-sink.ts'
import { parseNameTemplate } from '../../files/name-template.ts'
import type { ObjectNeeds, Part, PartHost, PartTraffic } from '../part.ts'
import type { FolderSpec } from './folder-options.ts'

/** Opens a folder for received files. @throws AppFailure bad-spec | folder-not-writable | disk-full */
export async function openFolder(spec: PartSpec, host: PartHost): Promise<Part> {
  const { id, dir, names, maxSegments, splitTsi } = spec as unknown as FolderSpec
  const sink = new FolderSink({
    dir,
    names: parseNameTemplate(names),
    maxSegments,
    splitTsi,
    onProblem: (error) => host.problem(error, 'error'),
  })
  await sink.open()
  return new FolderPart(id, sink)
}

/** Writes files as `DIR/serviceN/…`, or as its names say, as they become whole. */
class FolderPart implements Part {
  readonly id: string
  readonly input: FolderSink
  #closing: Promise<unknown> | null = null

  constructor(id: string, sink: FolderSink) {
    this.id = id
    this.input = sink
  }

  async stop(): Promise<void> {
    this.#closing ??= this.input.close()
    await this.#closing
  }

  written(): number {
    return this.input.written
  }

  traffic(): PartTraffic {
    return { waiting: this.input.waiting }
  }

  wants(): 'all' {
    return 'all'
  }

  needs(): ObjectNeeds {
    return { hash: false, patched: false }
  }
}
