import type { FileHandle } from 'node:fs/promises'
import { AppFailure } from '../../failure/app-failure.ts'
import { NotReadable, openRegular } from '../../files/door.ts'

/** Opens a file that is read as a stream. @throws AppFailure file-not-found | file-unreadable */
export async function openStreamFile(path: string): Promise<FileHandle> {
  try {
    return await openRegular(path)
  } catch (error) {
    if (!(error instanceof NotReadable)) throw error
    const code = error.why === 'missing' ? 'file-not-found' : 'file-unreadable'
    throw new AppFailure(code, `The file ${path} of a stream ${error.message}.`, 'Name another file.', error)
  }
}
