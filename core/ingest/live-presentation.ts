import type { GrowingOrigin, LiveDocument } from './growing-origin.ts'
import type { FileBytes, LiveFeed, Presentation } from './presentation.ts'

/** A feed reads its own bytes: nothing is kept beside it. */
const NO_FILES: Omit<FileBytes, 'close'> = {
  get: () => null,
  isUnreadable: () => true,
  paths: () => [],
  load: async () => undefined,
  release: () => undefined,
}

/**
 * Opens a live presentation.
 * @param open makes its feed of the manifest, as first read
 * @throws what `open` throws, or the reading of the manifest; `source` is closed then
 */
export async function livePresentation(
  source: GrowingOrigin,
  kind: 'dash' | 'hls',
  open: (document: LiveDocument) => Promise<LiveFeed & { close(): Promise<void> }>,
): Promise<Presentation> {
  try {
    const document = await source.manifest()
    if (document === null) throw new RangeError('the first reading of a manifest is a change')
    const feed = await open(document)
    const bytes: FileBytes = { ...NO_FILES, close: () => feed.close() }
    return { kind, manifest: feed.manifest, tracks: [], files: [], durationUs: 0, bytes, live: feed }
  } catch (thrown) {
    await source.close()
    throw thrown
  }
}
