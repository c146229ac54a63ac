import type fs from 'node:fs'

/** A file to write or remove. */
export type DiskJob = {
  /** Safe path below the root, with `/`. */
  readonly path: string
  readonly remove: boolean
  /** Position of the bytes in the shared ring; -1: they are in `copy`, which may be shared memory too. */
  readonly offset: number
  readonly length: number
  readonly copy: Uint8Array | null
}

/** Outcome of a job: null, or the system's error code and message. */
export type DiskOutcome = readonly [code: string, message: string] | null

/** Outcomes of the next jobs in order; `last` for the end of a batch. */
export type DiskReply = { readonly outcomes: readonly DiskOutcome[]; readonly last: boolean }

/** Settings of the thread. */
export type DiskSetup = {
  readonly root: string
  readonly ring: SharedArrayBuffer
  /** Name of temporary files, which no other writer uses. */
  readonly asideName: string
  /** Outcomes are sent after this many written bytes. */
  readonly replyBytes: number
}

/** The thread's end of its message port. */
export type DiskPort = {
  on(event: 'message', listener: (jobs: readonly DiskJob[]) => void): unknown
  postMessage(reply: DiskReply): void
}

type DiskCalls = Pick<
  typeof fs,
  | 'openSync'
  | 'writeSync'
  | 'closeSync'
  | 'renameSync'
  | 'unlinkSync'
  | 'mkdirSync'
  | 'lstatSync'
  | 'readlinkSync'
  | 'realpathSync'
>

/** Writing half of `FileWriter`, run by a worker thread: writes a temporary file, then renames it. */
export function diskLoop(port: DiskPort, calls: DiskCalls, setup: DiskSetup): void {
  const { root, asideName } = setup
  const ring = new Uint8Array(setup.ring)
  const folders = new Set<string>()
  let realRoot: string | null = null

  /** Makes a folder component by component and refuses one that leads elsewhere. */
  function makeFolder(folder: string): void {
    if (folders.has(folder)) return
    if (folder === '') calls.mkdirSync(root, { recursive: true })
    else {
      makeFolder(folder.slice(0, Math.max(0, folder.lastIndexOf('/'))))
      const path = `${root}/${folder}`
      try {
        calls.mkdirSync(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        if (!calls.lstatSync(path).isDirectory()) {
          throw Object.assign(new Error(`ENOTDIR: ${path} is a link or a file, not a folder`), { code: 'ENOTDIR' })
        }
      }
    }
    folders.add(folder)
  }

  /** Refuses an open file whose folder was exchanged for a link after it was made or looked at. */
  function checkPlace(handle: number, folder: string): void {
    if (process.platform !== 'linux') return
    let place: string
    try {
      realRoot ??= calls.realpathSync(root)
      place = calls.readlinkSync(`/proc/self/fd/${handle}`)
    } catch {
      // Without /proc the look at each folder must do.
      return
    }
    const expected = `${realRoot}/${folder === '' ? '' : `${folder}/`}${asideName}`
    if (place !== expected) throw Object.assign(new Error(`ENOTDIR: ${expected} is at ${place}`), { code: 'ENOTDIR' })
  }

  /** Opens the temporary file of a folder, which is made again where it was moved away meanwhile. */
  function openAside(aside: string, folder: string): number {
    // Exclusive: a link of this name is not followed.
    try {
      return calls.openSync(aside, 'wx')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      folders.clear()
      makeFolder(folder)
      return calls.openSync(aside, 'wx')
    }
  }

  function write(job: DiskJob): void {
    const folder = job.path.slice(0, Math.max(0, job.path.lastIndexOf('/')))
    makeFolder(folder)
    // One name for all temporary files: a folder grows by the final files only.
    const aside = `${root}/${folder}/${asideName}`
    const bytes = job.copy ?? ring.subarray(job.offset, job.offset + job.length)
    const handle = openAside(aside, folder)
    try {
      try {
        checkPlace(handle, folder)
        for (let at = 0; at < bytes.length; ) at += calls.writeSync(handle, bytes, at, bytes.length - at)
      } finally {
        calls.closeSync(handle)
      }
      calls.renameSync(aside, `${root}/${job.path}`)
    } catch (error) {
      calls.unlinkSync(aside)
      throw error
    }
  }

  function run(job: DiskJob): DiskOutcome {
    try {
      if (job.remove) calls.unlinkSync(`${root}/${job.path}`)
      else write(job)
      return null
    } catch (thrown) {
      const error = thrown as NodeJS.ErrnoException
      if (job.remove && error.code === 'ENOENT') return null
      // The folder may have been removed: the next file makes it again.
      folders.clear()
      return [error.code ?? '', error.message]
    }
  }

  port.on('message', (jobs) => {
    let outcomes: DiskOutcome[] = []
    let bytes = 0
    for (const [index, job] of jobs.entries()) {
      outcomes.push(run(job))
      bytes += job.length
      // Memory of long files is freed while the rest of the batch is still being written.
      if (bytes < setup.replyBytes || index === jobs.length - 1) continue
      port.postMessage({ outcomes, last: false })
      outcomes = []
      bytes = 0
    }
    port.postMessage({ outcomes, last: true })
  })
}
