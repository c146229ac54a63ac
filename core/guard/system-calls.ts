import { createRequire } from 'node:module'

/** Platforms whose structures `BatchTable` and `SendTable` lay out: 64 bits, little endian, and one numbering of socket options. */
const PLATFORMS = ['linux-x64', 'linux-arm64']

/**
 * Calls of the C library, by addresses. Whoever makes them answers for every address and length: a wrong one ends the process,
 * or worse.
 */
export type SystemCalls = {
  /** Address of the first byte of a view, whose memory stays where it is as long as the view is held. */
  addressOf(view: ArrayBufferView): number
  /** Number of the last failed call of this thread. */
  errno(): number
  recvmmsg(fd: number, headers: number, count: number, flags: number, timeout: number): number
  sendmmsg(fd: number, headers: number, count: number, flags: number): number
  setsockopt(fd: number, level: number, option: number, value: number, bytes: number): number
  clock_gettime(clock: number, time: number): number
}

/** What is used of koffi. Not its own types: it is an optional package, and programs are checked without it too. */
type Koffi = {
  load(path: null): { func(declaration: string): (...values: number[]) => number }
  address(view: ArrayBufferView): bigint
  errno(): number
}

/**
 * Loads the calls through koffi, a package with prebuilt binaries.
 * @throws Error where they do not exist here; its message is a clause that says why
 */
export function loadSystemCalls(): SystemCalls {
  const platform = `${process.platform}-${process.arch}`
  if (!PLATFORMS.includes(platform)) throw new Error(`not on ${platform}`)
  const koffi = loadKoffi()
  // Without a path: what this process is linked with, whichever C library that is.
  const library = koffi.load(null)
  return {
    addressOf: (view) => Number(koffi.address(view)),
    errno: () => koffi.errno(),
    recvmmsg: library.func('int recvmmsg(int fd, uintptr_t headers, unsigned int count, int flags, uintptr_t timeout)'),
    sendmmsg: library.func('int sendmmsg(int fd, uintptr_t headers, unsigned int count, int flags)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int option, uintptr_t value, unsigned int bytes)'),
    clock_gettime: library.func('int clock_gettime(int clock, uintptr_t time)'),
  }
}

function loadKoffi(): Koffi {
  try {
    return createRequire(__filename)('koffi') as Koffi
  } catch (thrown) {
    const { code, message } = thrown as NodeJS.ErrnoException
    const [line] = String(message).split('\n')
    throw new Error(code === 'MODULE_NOT_FOUND' ? 'koffi is not installed' : `koffi cannot be loaded: ${line}`)
  }
}
