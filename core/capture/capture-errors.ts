import { basename } from 'node:path'
import { AppFailure } from '../failure/app-failure.ts'
import { linkTypeAdvice, linkTypeName } from './link-types.ts'

/** How a capture is called in messages. */
export function captureLabel(file: string): string {
  if (file === '-') return 'The capture on stdin'
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(file) ? file : basename(file)
}

/** A failure of the file system, as a sentence about this capture. */
export function fileFailure(file: string, cause: unknown): AppFailure {
  const code = (cause as { code?: unknown }).code
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new AppFailure(
        'file-not-found',
        `There is no file ${file}.`,
        'Check the path; relative paths start at the current folder.',
        cause,
      )
    case 'EACCES':
    case 'EPERM':
      return new AppFailure(
        'file-unreadable',
        `${file} may not be read by this user.`,
        'Change its permissions (captures made with sudo belong to root), or copy it.',
        cause,
      )
    case 'EISDIR':
      return folderFailure(file)
    default:
      return new AppFailure(
        'file-unreadable',
        `${file} could not be read.`,
        'Check the disk or network drive it is on, then try again.',
        cause,
      )
  }
}

/** Where a file was expected. */
export function folderFailure(file: string): AppFailure {
  return new AppFailure('file-unreadable', `${file} is a folder, not a capture.`, 'Name a .pcap or .pcapng file in it.')
}

/** `content` says what the file is instead. */
export function notACapture(file: string, content: string): AppFailure {
  return new AppFailure(
    'not-a-capture',
    `${captureLabel(file)} is not a packet capture: it is ${content}.`,
    'Open a pcap or pcapng file, as tcpdump, Wireshark or GPAC write them.',
  )
}

/** Compressed in a way that is not read here; `command` undoes it. */
export function compressedFailure(file: string, format: string, command: string): AppFailure {
  return new AppFailure(
    'not-a-capture',
    `${captureLabel(file)} is compressed with ${format}, which cannot be read here.`,
    `Decompress it first with \`${command} ${basename(file)}\`.`,
  )
}

/** No frame of the capture can be read, because of these link types. */
export function unknownLinkType(file: string, linkTypes: readonly number[]): AppFailure {
  const names = linkTypes.map(linkTypeName).join(', ')
  return new AppFailure(
    'unknown-link-type',
    `${captureLabel(file)} has link type ${names}, in which no IP packets are looked for.`,
    linkTypeAdvice(linkTypes[0] ?? -1),
  )
}

/** Not one of its first packets has a time. */
export function untimedFailure(): AppFailure {
  return new AppFailure(
    'not-supported',
    'The packets of this capture have no times, so it cannot be played at its own pace.',
    'Play it with `--pace fast`.',
  )
}
