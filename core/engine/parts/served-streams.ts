import type { StreamSnapshot } from '../../contract/http-snapshots.ts'
import type { SpecOf } from '../../contract/option-row.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import { mediaTypeOf } from '../../http/mime.ts'
import type { MountHandle } from '../../http/mount.ts'
import { parseTarget } from '../../http/request-target.ts'
import { headersOf } from '../../server/headers.ts'
import { LiveStream, type StreamRules } from '../../server/live-stream.ts'
import type { PartHost } from '../part.ts'
import type { HttpFront } from './http-front.ts'
import type { STREAM_OPTIONS } from './http-stream-options.ts'

type GivenOptions = Omit<SpecOf<string, typeof STREAM_OPTIONS>, 'id' | 'kind'>

/** How streams are given to clients. @throws AppFailure bad-spec */
export function streamRules(spec: GivenOptions): StreamRules {
  const { contentType, extension, waitsForClients: waits } = spec
  const mediaType = contentType ?? (extension === undefined ? null : mediaTypeOf(`stream.${extension}`, null))
  const { hold, maxQueue: queueBytes, ice, iceName: name = null, iceTitle: title = null, iceHeaders = [] } = spec
  const headers = headersOf(iceHeaders)
  for (const header of Object.keys(headers))
    if (!/^ic[ey]-/i.test(header))
      throw new AppFailure(
        'bad-spec',
        `${header} is no header for radio players.`,
        'Name one that begins with ice- or icy-.',
      )
  return { mediaType, hold, waits, queueBytes, ice: ice ? { name, title, headers } : null }
}

/** A stream at a path of a server. */
export class ServedStream {
  readonly stream: LiveStream
  readonly url: string
  readonly #mount: MountHandle

  /** @throws AppFailure bad-spec | port-in-use */
  constructor(path: string, rules: StreamRules, { use, rules: replies, log, arrived }: HttpFront, host: PartHost) {
    const prefix = prefixOf(path)
    this.url = `${use.origin}${path}`
    this.stream = new LiveStream(path, rules, (text) => host.log('http', 'warning', text))
    this.#mount = use.mount({
      prefix,
      rules: {
        ...replies,
        methods: ['GET', 'HEAD'],
        otherMethods: 'A stream can only be read.',
        localNames: 'loopback',
      },
      log: (_level, text) => host.log('http', 'warning', text),
      arrived,
      answer: (exchange) => {
        log?.take(exchange)
        if (exchange.target.components.length > 0)
          return exchange.refuse({ status: 404, sentence: 'There is nothing below a stream.' })
        this.stream.answer(exchange)
      },
    })
  }

  snapshot(): StreamSnapshot {
    return { url: this.url, ...this.stream.counts, sent: this.#mount.bytes, requests: this.#mount.requests }
  }

  /** Numbers that change with its snapshot. */
  versions(): readonly number[] {
    const { clients, slow, bytes, state } = this.stream.counts
    return [clients, slow, bytes, state.length, this.#mount.bytes, this.#mount.requests]
  }
}

function prefixOf(path: string): string {
  const target = path.startsWith('/') ? parseTarget(path) : 400
  if (typeof target === 'number' || target.search !== '' || target.components.includes(''))
    throw new AppFailure('bad-spec', `"${path}" is no path of a stream.`, 'Write a path such as /live.mp3.')
  return `/${target.components.join('/')}`
}
