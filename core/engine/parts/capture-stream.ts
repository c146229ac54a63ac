import type { CaptureConnection } from '../../capture/capture-connection.ts'
import { STDIN_SOURCE } from '../../contract/open-request.ts'
import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { sourcesLabel } from '../../contract/source-patterns.ts'
import { AppFailure } from '../../failure/app-failure.ts'
import type { HttpFailure } from '../../http/client/http-failure.ts'
import type { PartKind } from '../part.ts'
import { everything } from '../receiving/receive-address.ts'
import { LINK_TYPE_OPTION, LIVE, SERVICES } from './shared-options.ts'

const CAPTURE_STREAM_OPTIONS = [
  {
    key: 'url',
    choice: 'captureStream',
    option: null,
    gpac: null,
    type: { kind: 'text', of: 'source' },
    disk: { use: 'reads', called: 'the capture' },
    default: null,
    group: 'Services',
    level: 'basic',
    label: 'Address',
    help: 'http(s) address of a pcap or pcapng that goes on for ever, - for standard input, pipe:PATH for a named pipe',
    commands: [...LIVE, 'inspect'],
    test: 'core/engine/capture-stream.socket.test.ts',
    subject: true,
  },
  SERVICES,
  LINK_TYPE_OPTION,
] as const satisfies readonly OptionRow[]

type CaptureStreamSpec = SpecOf<'capture-stream', typeof CAPTURE_STREAM_OPTIONS>

const CAPTURE_STREAM_PART: PartDescription = {
  kind: 'capture-stream',
  title: 'Capture stream',
  help: 'receives a capture while it is made, over HTTP or from a pipe',
  takes: null,
  gives: 'datagrams',
  side: 'receive',
  options: CAPTURE_STREAM_OPTIONS,
  opens: [
    {
      pattern: '^https?://',
      group: 'Listen',
      label: 'Capture stream',
      example: 'http://192.168.1.20:5004/auto/ch33?format=alp-pcap',
    },
    { pattern: '^pipe:', group: 'Listen', label: 'Pipe', example: 'pipe:/tmp/air' },
    // `stdin:PATH` is another process's standard input, passed on by a named pipe.
    { pattern: '^(-$|stdin:)', group: 'Listen', label: 'standard input', example: null, shown: 'label' },
    { pattern: '^https?://', group: 'Open', label: 'Capture stream', example: 'http://192.168.1.20/air.pcapng' },
  ],
}

/** A connection that is silent for this time is made again. */
const STALL_MS = 30_000

/** Receives a capture over HTTP or a pipe, from HDHomeRun tuners or `tcpdump -w -`. */
export const CAPTURE_STREAM: PartKind = {
  description: CAPTURE_STREAM_PART,
  open: async (part, host) => {
    const { LiveCapturePart } = await import('../receiving/live-capture-part.ts')
    const { id, url, services, linkType } = part as unknown as CaptureStreamSpec
    const http = /^https?:/i.test(url)
    const source = {
      id,
      kind: 'capture-stream',
      label: url === STDIN_SOURCE ? 'The capture on stdin' : sourcesLabel([CAPTURE_STREAM_PART], [url]),
      interfaceName: http ? hostOf(url) : 'pipe',
      address: everything(services),
      readsStdin: url === STDIN_SOURCE,
      connect: http
        ? (signal: AbortSignal) => openHttp(url, signal)
        : async () =>
            (await import('../../capture/capture-pipe.ts')).openCapturePipe(url.replace(/^(pipe|stdin):/i, '')),
    } as const
    return new LiveCapturePart(linkType === undefined ? source : { ...source, linkType }, host)
  },
}

/** @throws AppFailure bad-url */
function hostOf(url: string): string {
  try {
    return new URL(url).hostname
  } catch (cause) {
    throw new AppFailure(
      'bad-url',
      `${withoutCredentials(url)} is no address.`,
      'Right form: http://HOST:PORT/PATH, with a port from 1 to 65535.',
      cause,
    )
  }
}

/** Opens a capture over HTTP. @throws AppFailure source-unreachable */
async function openHttp(url: string, signal: AbortSignal): Promise<CaptureConnection> {
  const { openStream } = await import('../../http/client/open-stream.ts')
  try {
    const { head, chunks, close } = await openStream(url, { signal, stallMs: STALL_MS })
    const whole = head.headers['content-length'] !== undefined
    const type = head.headers['content-type'] ?? 'no content type'
    return { chunks: begun(url, chunks), about: `status ${head.status}, ${type}`, ends: whole, paced: whole, close }
  } catch (thrown) {
    throw unreachable(url, thrown as HttpFailure)
  }
}

/** The same chunks. A failure before the first of them names the address; later ones are breaks of a capture. */
async function* begun(url: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let none = true
  try {
    for await (const chunk of chunks) {
      none = false
      yield chunk
    }
  } catch (thrown) {
    throw none ? unreachable(url, thrown as HttpFailure) : thrown
  }
}

function unreachable(url: string, { message, status }: HttpFailure): AppFailure {
  return new AppFailure(
    'source-unreachable',
    `${withoutCredentials(url)} cannot be received: ${message}.`,
    status === 401 || status === 403
      ? 'Put the user name and password into the address: http://USER:PASSWORD@HOST/PATH.'
      : 'Check the address, and that its server runs.',
  )
}
