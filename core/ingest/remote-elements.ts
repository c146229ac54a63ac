import { CodecError } from '../bytes/codec-error.ts'
import { EntryFaults } from '../bytes/entry-faults.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { BoundedMap } from '../flow/bounded-map.ts'
import { remoteElementAddress } from '../manifest/mpd/mpd-elements.ts'
import { TextEdits } from '../manifest/mpd/text-edits.ts'
import { parseXmlSource, type SourceElement } from '../manifest/mpd/xml-source.ts'
import { resolveReference } from '../manifest/reference.ts'

/** Remote elements of one manifest that are read, and addresses that are remembered. */
const MOST_READ = 64
const MOST_KNOWN = 256

/** Puts the remote elements of an MPD (xlink, ISO/IEC 23009-1 §5.5) in their places. Each address is read once. */
export class RemoteElements {
  readonly #read: (address: string) => Promise<Uint8Array>
  /** Text by kind of element and address; null where it cannot be used. */
  readonly #known = new BoundedMap<string, string | null>(MOST_KNOWN)

  /** @param read gives the content of an address; one that cannot be read throws an AppFailure */
  constructor(read: (address: string) => Promise<Uint8Array>) {
    this.#read = read
  }

  /**
   * @param url of the manifest; empty in a folder
   * @returns the MPD with what lies elsewhere in its place; the same bytes where there is nothing of it, or nothing can be read
   * @throws CodecError for an MPD that cannot be parsed
   */
  async inPlace(bytes: Uint8Array, url: string): Promise<Uint8Array> {
    // Most have none, and are parsed once.
    if (!Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(':href')) return bytes
    const { root, text } = parseXmlSource(bytes, new EntryFaults(true))
    const remote = remoteBelow(root).slice(0, MOST_READ)
    const edits = new TextEdits()
    let has = false
    for (const { element, href } of remote) {
      const found = await this.#textOf(element.name, resolveReference(url, href))
      if (found === null) continue
      has = true
      edits.replaceElement(element, found)
    }
    return has ? new TextEncoder().encode(edits.apply(text)) : bytes
  }

  async #textOf(name: string, address: string): Promise<string | null> {
    const key = `${name} ${address}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const text = await this.#elements(name, address)
    this.#known.set(key, text)
    return text
  }

  /** The elements at an address, which have to be of the kind that they stand for, and here. */
  async #elements(name: string, address: string): Promise<string | null> {
    try {
      const text = new TextDecoder().decode(await this.#read(address)).replace(/^\s*<\?xml[^>]*\?>/, '')
      const { root } = parseXmlSource(new TextEncoder().encode(`<x>${text}</x>`), new EntryFaults(true))
      const isUsable = root.children.every((child) => child.name === name && remoteBelow(child).length === 0)
      return isUsable ? text : null
    } catch (thrown) {
      if (thrown instanceof AppFailure || thrown instanceof CodecError) return null
      throw thrown
    }
  }
}

/** The outermost remote elements. */
function remoteBelow(element: SourceElement): { readonly element: SourceElement; readonly href: string }[] {
  const href = remoteElementAddress(element)
  return href === null ? element.children.flatMap(remoteBelow) : [{ element, href }]
}
