import type { AppFailure } from '../failure/app-failure.ts'
import type { ByteSpan } from './growing-origin.ts'
import type { FileBytes, PresentationFile } from './presentation.ts'

/** Place of a file at an origin, and its size; null where it does not exist. */
export type Located = { readonly path: string; readonly sizeBytes: number | null }

/** Bytes of an origin's files, once it knows where they are. */
export interface StoredFiles extends FileBytes {
  /** Sets the place of a file, as `locate` gave it. */
  add(file: PresentationFile, path: string): void
}

/** Reads the files of an origin. */
export interface FileReader {
  /** @throws AppFailure where there is no file of this size any more */
  read(path: string, sizeBytes: number): Promise<Uint8Array>
  /** Whether a file of this size is still there. Absent: nobody can say. Never rejects. */
  isThere?(path: string, sizeBytes: number): Promise<boolean>
  /** Takes back bytes that `read` gave, for files to come: nobody reads them any more. Absent: their memory is not used again. */
  reuse?(bytes: Uint8Array): void
  /** Paths of the files on disk, which nothing else may write meanwhile. */
  paths(): readonly string[]
  close(): Promise<void>
}

/** Where the files of a manifest are: a folder, or a server. */
export interface Origin {
  /** Of the manifest, without credentials, that names may count from; empty in a folder, whose names count from the manifest. */
  readonly address: string
  readonly stored: StoredFiles
  /** Reads the files that were found. */
  readonly files: FileReader
  /**
   * Bytes of a file; fewer where they are not there because it ends before.
   * @throws AppFailure input-unusable (missing), others as `locate`
   */
  part(name: string, span: ByteSpan): Promise<Uint8Array>
  /**
   * Finds the files of names, in order: below the manifest, or of a server at their addresses.
   * @throws AppFailure not-supported | file-unreadable | source-unreachable | input-unusable (too long, not a file)
   */
  locate(names: readonly string[]): Promise<Located[]>
  /**
   * Content of a small file that a manifest names.
   * @throws AppFailure input-unusable (missing), others as `locate`
   */
  read(name: string, role: string): Promise<Uint8Array>
  /** Names of the files in the folder of a name, not escaped; null where an origin cannot list them. */
  filesBeside(name: string): Promise<readonly string[] | null>
  /**
   * Files beside those that were found, in the same folders, that nobody looked for; manifests are taken for other ways to the
   * same.
   */
  leftBeside(manifest: string): Promise<readonly string[]>
  /** A place as it is shown. */
  shown(path: string): string
  /** @param role of the file in the manifest: `initialisation segment of "video"` */
  missing(path: string, role: string): AppFailure
}
