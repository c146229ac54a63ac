import { atscDestination } from '../../contract/gpac-destination.ts'
import { LOOPBACK } from '../../contract/loopback.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { formatOfExtension } from '../../media/stream/media-formats.ts'
import {
  contentOf,
  extensionOf,
  isMedia,
  isOfMedia,
  isRaw,
  MANIFEST,
  namedAddress,
  pathOf,
  RAW_PICTURES,
  refused,
  shown,
  sizeInName,
  splitTemplate,
  type Way,
} from './gpac-content.ts'
import { type PartDraft, PartDrafts } from './gpac-draft.ts'
import { GpacFault } from './gpac-fault.ts'
import type { GpacArgument } from './gpac-line.ts'
import { argumentNamed, type GpacNode } from './gpac-links.ts'
import { IMPLIED_KINDS } from './gpac-parts.ts'
import { type OwnWords, ownWords } from './gpac-values.ts'

/** What GPAC's filters of a line are as parts of ours. */
export type Composed = {
  readonly drafts: PartDrafts
  /** Inputs that the app is to play; null: nothing is played. */
  readonly played: readonly PlayedInput[] | null
  readonly notes: readonly string[]
  /** After this time a broadcast of the line ends it, s; null: none does. */
  readonly durationS: number | null
}

/** An input that is played, and the text that opens it. */
export type PlayedInput = { readonly node: GpacNode; readonly text: string }

/** Segments in memory of a presentation that is read once. */
const MAX_SEGMENTS = 65_536

/**
 * Makes the parts of linked filters.
 * @param globals options of every filter that has them
 * @throws GpacFault for what cannot be linked, in words
 */
export function composeParts(
  nodes: readonly GpacNode[],
  globals: readonly GpacArgument[],
  parts: readonly PartDescription[],
): Composed {
  return new Composer(nodes, globals, parts).compose()
}

class Composer {
  readonly #nodes: readonly GpacNode[]
  readonly #globals: readonly GpacArgument[]
  readonly #drafts: PartDrafts
  readonly #own: ReadonlyMap<GpacNode, OwnWords>
  readonly #reached = new Set<GpacNode>()
  readonly #notes: string[] = []
  #played: PlayedInput[] | null = null
  #durationS: number | null = null

  constructor(nodes: readonly GpacNode[], globals: readonly GpacArgument[], parts: readonly PartDescription[]) {
    this.#nodes = nodes
    this.#globals = globals
    this.#drafts = new PartDrafts(parts)
    this.#own = new Map(nodes.map((node) => [node, ownWords(node, globals, parts)]))
  }

  compose(): Composed {
    for (const node of this.#nodes) {
      const { odir } = this.#ownOf(node)
      if (odir !== undefined) this.#receivedTo(node, this.#folderOf(String(odir), node))
      if (node.filter.role === 'play') this.#play(node)
    }
    for (const node of this.#nodes) if (node.kind.role === 'sink') this.#output(node)
    for (const node of this.#nodes) {
      if ((node.kind.role !== 'source' && !node.gives) || this.#reached.has(node)) continue
      throw new GpacFault(
        node.filter.column,
        `nothing takes what '${shown(node)}' gives`,
        'Add an output: -o URL, httpout, or odir=FOLDER behind an address that is received.',
      )
    }
    return { drafts: this.#drafts, played: this.#played, notes: this.#notes, durationS: this.#durationS }
  }

  #ownOf(node: GpacNode): OwnWords {
    return this.#own.get(node) ?? {}
  }

  #has({ filter }: GpacNode, name: string): boolean {
    return argumentNamed(filter, name) !== undefined || this.#globals.some((each) => each.name === name)
  }

  #output(node: GpacNode): void {
    const ways = this.#waysTo(node, 0)
    for (const { source } of ways) this.#reached.add(source)
    if (node.kind.name === 'httpout') {
      this.#http(node, ways)
      return
    }
    if (ways.length === 0)
      throw new GpacFault(node.filter.column, `nothing feeds '${shown(node)}'`, 'Put an input before it: -i INPUT.')
    switch (node.kind.name) {
      case 'routeout':
        this.#broadcast(node, ways)
        return
      case 'sockout':
        this.#samples(ways, this.#drafts.add('socket-out', [node], { address: namedAddress(node) }), node)
        return
      case 'vout':
      case 'aout':
        for (const { source } of ways) this.#play(source)
        return
      default:
        this.#file(node, ways)
    }
  }

  #broadcast(node: GpacNode, ways: readonly Way[]): void {
    const { runfor } = this.#ownOf(node)
    if (Number(runfor) > 0) this.#durationS = Number(runfor) / 1000
    const air = this.#drafts.add('broadcast', [node], { url: this.#destinationOf(node) })
    const out = this.#drafts.add('multicast-out', [node], {})
    air.feeds.add(out)
    for (const { source } of ways) {
      const content = contentOf(source)
      if (content === 'received' || content === 'socket')
        throw refused(node, source, 'a broadcast is made of presentations and files')
      const draft = this.#drafts.of('presentation', source, { input: source.filter.subject })
      draft.nodes.add(node)
      draft.feeds.add(air)
    }
  }

  /** Address of a broadcast, with the group and port that `ip` and `first_port` name for `atsc://`. */
  #destinationOf(node: GpacNode): string {
    const { ip, first_port: firstPort } = this.#ownOf(node)
    const address = namedAddress(node)
    if (ip === undefined && firstPort === undefined) return address
    if (/^atsc:/i.test(address))
      return atscDestination({
        ...(ip === undefined ? {} : { ip: String(ip) }),
        ...(firstPort === undefined ? {} : { firstPort: Number(firstPort) }),
      })
    this.#notes.push(`ip and first_port are for atsc://, and change nothing of '${shown(node)}'.`)
    return address
  }

  #http(node: GpacNode, ways: readonly Way[]): void {
    const { hmode = 'default', rdirs } = this.#ownOf(node)
    const url = namedAddress(node)
    if (hmode === 'push') {
      if (ways.length === 0) throw new GpacFault(node.filter.column, 'nothing feeds what is pushed')
      if (url === '')
        throw new GpacFault(
          node.filter.column,
          'hmode=push needs an address to push to',
          'Right form: -o http://HOST/live.mpd:hmode=push.',
        )
      const push = this.#drafts.add('push', [node], { urls: [url] })
      if (ways.every(isOfMedia)) {
        this.#package(node, ways, push)
        return
      }
      if (ways.every(({ source }) => contentOf(source) === 'presentation')) {
        this.#publish(ways, push)
        return
      }
      for (const { source } of ways) this.#received(node, source, push)
      return
    }
    if (hmode === 'source') {
      if (ways.length > 0)
        throw new GpacFault(node.filter.column, 'what is uploaded to hmode=source is an input, and takes from no other')
      return
    }
    const listen = this.#listenOf(node)
    if (ways.length === 0) {
      if (rdirs === undefined && !this.#has(node, 'wdir'))
        throw new GpacFault(
          node.filter.column,
          'httpout has nothing to serve',
          'Name a folder: httpout:rdirs=FOLDER or httpout:wdir=FOLDER.',
        )
      this.#drafts.add('server', [node], { listen })
      return
    }
    if (ways.every(isOfMedia) && MANIFEST.test(url)) {
      const path = pathOf(url)
      this.#package(node, ways, this.#drafts.add('http-origin', [node], { listen, path }))
      return
    }
    if (ways.every(isOfMedia)) {
      this.#stream(node, ways, listen)
      return
    }
    if (ways.every(({ source }) => contentOf(source) === 'presentation')) {
      const origin = this.#drafts.add('http-origin', [node], { listen, path: pathOf(url) })
      // What is in memory is all there is of a presentation that is not repeated.
      if (rdirs === undefined) origin.values.set('maxSegments', MAX_SEGMENTS)
      this.#publish(ways, origin)
      return
    }
    const gateway = this.#drafts.add('gateway', [node], { listen })
    const folder = rdirs === undefined ? null : this.#folderOf(String(rdirs), node)
    for (const { source } of ways) {
      this.#received(node, source, gateway)
      if (folder !== null) this.#received(node, source, folder)
    }
  }

  /** Gives the files of presentations to a part that takes received ones. */
  #publish(ways: readonly Way[], to: PartDraft): void {
    for (const { source } of ways) {
      const files = this.#drafts.of('ingest-objects', source, {})
      this.#drafts.of('presentation', source, { input: source.filter.subject }).feeds.add(files)
      files.feeds.add(to)
    }
  }

  /** Makes a DASH or HLS presentation of media while it comes. */
  #package(node: GpacNode, ways: readonly Way[], to: PartDraft): void {
    const manifest = /[^/]*$/.exec(pathOf(namedAddress(node)))?.[0] ?? ''
    if (!/\.(?:mpd|m3u8)$/i.test(manifest))
      throw new GpacFault(
        node.filter.column,
        `'${shown(node)}' names no manifest, and media is packaged as DASH or HLS`,
        'Right form: -o http://HOST/live.mpd or live.m3u8.',
      )
    const packager = this.#drafts.add('packager', [node], { manifest: decodeURIComponent(manifest) })
    packager.feeds.add(to)
    this.#samples(ways, packager, node)
  }

  /** Sends the bytes of a file to all clients of a path. */
  #stream(node: GpacNode, ways: readonly Way[], listen: string): void {
    const path = pathOf(namedAddress(node))
    const [way, second] = ways
    if (way === undefined || second !== undefined || MANIFEST.test(path) || !isMedia(way.source))
      throw refused(node, (second ?? way)?.source ?? node, 'a stream is one file of media, and its address no manifest')
    const { source, steps } = way
    const isReal = steps.some((step) => this.#ownOf(step).rt === 'on')
    const iceHeaders = source.filter.arguments.flatMap(({ name, value }) =>
      name.startsWith('#ice-') ? [`${name.slice(1)},${value ?? ''}`] : [],
    )
    const file = this.#drafts.add('byte-file', [source], {
      file: source.filter.subject,
      pace: isReal ? 'real' : 'fast',
    })
    file.feeds.add(this.#drafts.add('http-stream', [node], { listen, path, iceHeaders }))
  }

  /** A file: of raw pictures, of media, or many by a template. */
  #file(node: GpacNode, ways: readonly Way[]): void {
    const { subject, column } = node.filter
    const extension = extensionOf(subject)
    if (extension === RAW_PICTURES) {
      for (const way of ways) this.#scaled(way, node).feeds.add(this.#drafts.add('byte-out', [node], { file: subject }))
      return
    }
    const isDeclared = this.#has(node, 'ext') || this.#has(node, 'mime')
    if (!subject.includes('$') && (isDeclared || formatOfExtension(extension) !== null)) {
      this.#samples(ways, this.#drafts.add('media-out', [node], { file: subject }), node)
      return
    }
    if (!subject.includes('$'))
      throw new GpacFault(
        column,
        `'${subject}' is no kind of output that is written`,
        'Name a media file (mp4, ts, avc, hevc, aac, mp3, ac3, yuv), or a template such as x$ServiceID$/$File$:dynext.',
      )
    if (this.#ownOf(node).dynext !== true)
      throw new GpacFault(
        column,
        `'${subject}' would give files of every type one ending`,
        'Add :dynext, so that each keeps its own.',
      )
    const { dir, names } = splitTemplate(subject, column)
    const folder = this.#drafts.add('folder', [node], { dir, names })
    for (const { source } of ways) this.#received(node, source, folder)
  }

  /** Takes inputs apart into pictures and sound for an output. */
  #samples(ways: readonly Way[], to: PartDraft, node: GpacNode): void {
    this.#needs('media-reader', node)
    for (const way of ways) {
      const { source, steps } = way
      if (contentOf(source) === 'presentation')
        throw refused(node, source, 'it takes media, and a manifest is broadcast or served')
      if (contentOf(source) === 'received') {
        const reader = this.#drafts.of('media-objects', source, {})
        this.#receivedTo(source, reader)
        reader.feeds.add(to)
        continue
      }
      const isScaled = steps.some(({ kind }) => kind.name === 'ffsws') || isRaw(source)
      const bytes = isScaled ? this.#scaled(way, node) : this.#bytesOf(source)
      const reader = this.#drafts.of('media-reader', source, {})
      for (const step of steps) reader.nodes.add(step)
      bytes.feeds.add(reader)
      reader.feeds.add(to)
    }
  }

  /** Bytes of an input, decoded, scaled and encoded by ffmpeg as the output has it. */
  #scaled({ source, steps }: Way, node: GpacNode): PartDraft {
    this.#needs('scaler', node)
    if (!['media', 'socket'].includes(contentOf(source))) throw refused(node, source, 'only media is scaled')
    const scaler = this.#drafts.of('scaler', source, {
      from: isRaw(source) ? 'yuv' : 'media',
      to: extensionOf(node.filter.subject) === RAW_PICTURES ? 'yuv' : 'avc',
      ...(isRaw(source) ? sizeInName(source.filter.subject) : undefined),
    })
    for (const step of steps) scaler.nodes.add(step)
    this.#bytesOf(source).feeds.add(scaler)
    return scaler
  }

  #bytesOf(source: GpacNode): PartDraft {
    const { subject } = source.filter
    if (contentOf(source) === 'socket') return this.#drafts.of('socket-in', source, { address: namedAddress(source) })
    return isRaw(source)
      ? this.#drafts.of('byte-file', source, { file: subject })
      : this.#drafts.of('media-in', source, { file: subject })
  }

  /** @throws GpacFault where this program has no parts of a kind */
  #needs(kind: string, node: GpacNode): void {
    if (!this.#drafts.knows(kind)) throw new GpacFault(node.filter.column, `'${shown(node)}' is not there yet`)
  }

  /** Links a received source to a part that takes received files. */
  #received(node: GpacNode, source: GpacNode, to: PartDraft): void {
    if (contentOf(source) !== 'received') throw refused(node, source, 'it takes received files')
    to.nodes.add(source)
    this.#receivedTo(source, to)
  }

  #receivedTo(source: GpacNode, to: PartDraft): void {
    this.#reached.add(source)
    if (source.gives) {
      const address = `put://${this.#listenOf(source)}/`
      this.#drafts.of('http-uploads', source, { address }).feeds.add(to)
      return
    }
    const from = this.#drafts.of('multicast', source, { url: namedAddress(source) })
    for (const kind of IMPLIED_KINDS) {
      const between = this.#drafts.ofKind(kind)[0] ?? this.#drafts.add(kind, [], {})
      between.nodes.add(source)
    }
    from.feeds.add(to)
  }

  #folderOf(dir: string, node: GpacNode): PartDraft {
    const there = this.#drafts.ofKind('folder').find(({ values }) => values.get('dir') === dir && !values.has('names'))
    const draft = there ?? this.#drafts.add('folder', [], { dir })
    draft.nodes.add(node)
    return draft
  }

  #play(source: GpacNode): void {
    this.#played ??= []
    if (this.#played.some((each) => each.node === source)) return
    const text = source.gives ? `put://${this.#listenOf(source)}/` : source.filter.subject
    this.#played.push({ node: source, text })
    this.#reached.add(source)
    // They take the options of what is played.
    if (contentOf(source) === 'received' && !source.gives)
      this.#receivedTo(source, this.#drafts.add('gateway', [source], {}))
  }

  /** Address to listen on: `ifce` or the host of the URL, else this computer alone; `port`, that of the URL, or HTTP's own. */
  #listenOf(node: GpacNode): string {
    const { ifce, port } = this.#ownOf(node)
    const [, urlHost, urlPort] = /^https?:\/\/(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?/i.exec(node.filter.subject) ?? []
    const named = ifce === undefined ? urlHost : String(ifce)
    const host = named === undefined || named === '' || named === 'localhost' ? LOOPBACK : named
    if (named === undefined || named === '')
      this.#notes.push(
        'Only this computer reaches what is served; ifce=0.0.0.0 serves every network, which GPAC does by itself.',
      )
    const isTls = this.#has(node, 'cert')
    const own = Number(port) > 0 ? String(port) : urlPort
    return `${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${own ?? (isTls ? 443 : 80)}`
  }

  #waysTo(node: GpacNode, depth: number): Way[] {
    if (depth > this.#nodes.length)
      throw new GpacFault(node.filter.column, `'${shown(node)}' takes from itself by its SID`)
    return node.from.flatMap((from) =>
      from.kind.role === 'source' || from.gives
        ? [{ source: from, steps: [] }]
        : this.#waysTo(from, depth + 1).map(({ source, steps }) => ({ source, steps: [...steps, from] })),
    )
  }
}
