import type { Server } from 'node:net'
import { silentServer } from '../guard/guarded-sockets.ts'

/** Keys of the files that this process writes. */
const held = new Set<string>()

/** A claim on a file, which ends with `release`, and with the process, however it ends. */
export interface WriteLock {
  release(): void
}

/**
 * Claims a file for one writer on this machine. The claim is the name of a local socket, so that nothing is left behind when a
 * process is killed. Where there are no such sockets it holds within this process only; on macOS the open file itself is
 * locked (`LOCKED_OPEN`).
 * @param file device and inode of the open file
 * @returns null where another writer has it
 */
export async function claimFile(file: { readonly dev: bigint; readonly ino: bigint }): Promise<WriteLock | null> {
  const key = `${file.dev}-${file.ino}`
  if (held.has(key)) return null
  held.add(key)
  const name = socketName(key)
  const server = name === null ? 'none' : await bound(name)
  if (server === 'taken') {
    held.delete(key)
    return null
  }
  return {
    release: () => {
      held.delete(key)
      if (server !== 'none') server.close()
    },
  }
}

/** Flags with which an opened file is locked at once: O_EXLOCK of macOS, whose failure is EAGAIN. */
export const LOCKED_OPEN = process.platform === 'darwin' ? 0x20 : 0

function socketName(key: string): string | null {
  if (process.platform === 'win32') return `\\\\.\\pipe\\routescope-writes-${key}`
  // Abstract names need libuv 1.46: earlier ones cut a name at its first NUL.
  const [major = 0, minor = 0] = (process.versions.uv ?? '').split('.').map(Number)
  return process.platform === 'linux' && (major > 1 || minor >= 46) ? `\0routescope-writes-${key}` : null
}

/** Listens on a name. `none` where the system does not allow that, for another reason than that it is taken. */
function bound(name: string): Promise<Server | 'taken' | 'none'> {
  return new Promise((resolve) => {
    const server = silentServer()
    server.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE' ? 'taken' : 'none'))
    server.listen({ path: name, exclusive: true }, () => resolve(server))
    server.unref()
  })
}
