import { basename } from 'node:path'
import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { undecodedName } from '../failure/undecoded-name.ts'
import { linkTypeAdvice, linkTypeName } from './link-types.ts'

/** Name of a capture in messages. */
export function captureLabel(file: string): string {
  if (file === '-') return 'The capture on stdin'
  return /^([a-z][a-z0-9+.-]*:\/\/|\/dev\/)/i.test(file) ? file : basename(file)
}

/** Failure for an error of the file system. */
export function fileFailure(file: string, cause: unknown): AppFailure {
  const code = (cause as { code?: unknown }).code
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return (
        undecodedName(file, cause) ??
        new AppFailure(
          'file-not-found',
          `There is no file ${file}.`,
          'Check the path; relative paths start at the current folder.',
          cause,
        )
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
    case 'ENXIO':
    case 'ENODEV':
      return new AppFailure(
        'file-unreadable',
        `${file} is a socket or a device that cannot be read as a file.`,
        'Name a capture, or a named pipe that one is written to.',
        cause,
      )
    case 'ELOOP':
      return new AppFailure(
        'file-unreadable',
        `${file} is a link that goes round in circles.`,
        'Name the capture itself.',
        cause,
      )
    case 'ENAMETOOLONG':
      return new AppFailure(
        'file-not-found',
        `There is no file of so long a name: ${shownText(file, 300)}.`,
        'Check the path.',
        cause,
      )
    default:
      return new AppFailure(
        'file-unreadable',
        `${file} could not be read.`,
        'Check the disk or network drive it is on, then try again.',
        cause,
      )
  }
}

/** Failure for a folder in place of a file. */
export function folderFailure(file: string): AppFailure {
  return new AppFailure('file-unreadable', `${file} is a folder, not a capture.`, 'Name a .pcap or .pcapng file in it.')
}

/** Failure for a terminal, named by its device or as stdin. */
export function terminalFailure(file: string): AppFailure {
  return new AppFailure(
    'not-a-capture',
    `${file === '-' ? 'Standard input' : file} is a terminal, not a capture.`,
    'Pipe one in, for example `tcpdump -i eth1 -w - | routescope open -`.',
  )
}

/** Failure for a file that is no capture. @param content what it is instead */
export function notACapture(file: string, content: string): AppFailure {
  return new AppFailure(
    'not-a-capture',
    `${captureLabel(file)} is not a packet capture: it is ${content}.`,
    'Open a pcap or pcapng file, as tcpdump, Wireshark or GPAC write them.',
  )
}

/** Failure for an unsupported compression. @param command decompresses it */
export function compressedFailure(file: string, format: string, command: string): AppFailure {
  return new AppFailure(
    'not-a-capture',
    `${captureLabel(file)} is compressed with ${format}, which cannot be read here.`,
    `Decompress it first with \`${command} ${basename(file)}\`.`,
  )
}

/** Failure for a capture with none but these unsupported link types. */
export function unknownLinkType(file: string, linkTypes: readonly number[]): AppFailure {
  const names = linkTypes.map(linkTypeName).join(', ')
  return new AppFailure(
    'unknown-link-type',
    `${captureLabel(file)} has link type ${names}, in which no IP packets are looked for.`,
    linkTypeAdvice(linkTypes[0] ?? -1),
  )
}

/** Failure for a capture whose first packets have no times. */
export function untimedFailure(): AppFailure {
  return new AppFailure(
    'not-supported',
    'The packets of this capture have no times, so it cannot be played at its own pace.',
    'Play it with `--pace fast`.',
  )
}
