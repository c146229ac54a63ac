/** A server of folders that gets more of them while it runs. */
export type FolderServing = {
  /**
   * Serves one more folder, below its name.
   * @param writes uploads may be written into it, too
   * @throws AppFailure folder-not-writable | file-unreadable | input-unusable
   */
  addFolder(path: string, writes: boolean): Promise<void>
}
