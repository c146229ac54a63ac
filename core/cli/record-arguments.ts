import { type Command, Option } from 'commander'
import type { SessionSpec1, SinkSpec } from '../contract/session-spec-1.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { parseByteCount, parseSeconds } from './argument-values.ts'
import { addReceiveOptions, choicesOf, receivingSources } from './receive-arguments.ts'
import { captureOption, commonOptions, type ReceiveOptions, reportSinks, session } from './session-arguments.ts'

/** How `record` is called. */
export const RECORD_FORM = 'routescope record URL… --capture-out FILE'

type RecordOptions = ReceiveOptions & {
  readonly comment?: string
  readonly snap?: number
  readonly rotateSize?: number
  readonly rotateTime?: number
}

/** `record`: what arrives, as a capture. Asked for services, only their packets, those of their signalling and the LLS. */
export function recordCommand(recording: Command, found: (spec: SessionSpec1, json: boolean) => void): void {
  captureOption(addReceiveOptions(recording, 'record', 'basic'))
    .option('--comment <text>', 'words kept in the file')
    .addOption(
      new Option('--rotate-size <bytes>', 'a new file after so many bytes, such as 100M').argParser(parseByteCount),
    )
    .addOption(new Option('--rotate-time <s>', 'a new file after so many seconds').argParser(parseSeconds))
    .addOption(new Option('--snap <bytes>', 'keep so many bytes of each packet').argParser(parseByteCount))
  addReceiveOptions(commonOptions(recording), 'record', 'expert').action((urls: string[], options: RecordOptions) => {
    const { captureOut: file, comment, snap, rotateSize, rotateTime, capture } = options
    if (file === undefined) {
      throw new AppFailure('bad-command-line', 'No file was named.', `Right form: ${RECORD_FORM}`)
    }
    if (capture?.includes(file)) {
      throw new AppFailure('bad-command-line', `${file} cannot be read and written at once.`, 'Name another file.')
    }
    const choices = choicesOf('record', options)
    const chosen = choices.services !== undefined && choices.services !== 'all'
    const { captureOut: _, ...others } = options
    const sink: SinkSpec = {
      id: 'capture',
      kind: 'capture',
      file,
      // A capture brings what is wanted among other traffic; sockets bring what was joined.
      ...(chosen || (capture !== undefined && urls.length > 0) ? { joinedOnly: true } : {}),
      ...(comment === undefined ? {} : { comment }),
      ...(snap === undefined ? {} : { snapBytes: snap }),
      ...(rotateSize === undefined ? {} : { rotateBytes: rotateSize }),
      ...(rotateTime === undefined ? {} : { rotateSeconds: rotateTime }),
    }
    found(
      session(
        'record',
        receivingSources({
          urls,
          capture,
          pace: options.pace ?? 'fast',
          loop: options.loop ?? 1,
          linkType: options.linkType,
          choices,
          services: 'all',
          givesUp: true,
        }),
        [sink, ...reportSinks(others)],
        options,
      ),
      options.json === true,
    )
  })
}
