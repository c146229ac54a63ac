import { AppFailure } from '../failure/app-failure.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'a part of the path is a file or a link, not a folder',
  EEXIST: 'a part of the path is a file, not a folder',
  EISDIR: 'a folder of that name is in the way',
  ENOTEMPTY: 'a folder of that name is in the way',
  ELOOP: 'a link in the path goes round in circles',
  ENAMETOOLONG: 'the name is too long for the disk',
  EINVAL: 'the disk does not allow such a name',
  EILSEQ: 'the disk does not allow such a name',
  EFBIG: 'the file is larger than the disk, or the limit of this user, allows',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  EMLINK: 'the folder has too many entries',
  EMFILE: 'this process has too many files open',
  ENFILE: 'this computer has too many files open',
  ENOENT: 'a folder in the path is missing',
  EBUSY: 'the file is in use',
  ETXTBSY: 'the file is a program that runs',
  ENXIO: 'it is a pipe or a device without a reader',
  ESPIPE: 'it is a pipe',
  EIO: 'the disk reports an error',
  ESTALE: 'the network drive has gone',
}

/** Why a write failed, as `: the reason`; an unknown error by its code, none as an empty text. */
export function writeReason(code: unknown): string {
  if (typeof code !== 'string' || code === '') return ''
  return `: ${REASONS[code] ?? `the system reports ${code}`}`
}

/** Failure for an error of a write. */
export function writeFailure(error: NodeJS.ErrnoException, path: string): AppFailure {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new AppFailure(
      'disk-full',
      `The disk filled up while writing ${path}; what was written before is kept.`,
      'Free some space, or choose a folder on another disk.',
      error,
    )
  }
  return new AppFailure(
    'folder-not-writable',
    `${path} cannot be written${writeReason(error.code)}.`,
    'Choose a folder you may write to.',
    error,
  )
}
