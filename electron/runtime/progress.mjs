/**
 * Shows the progress of long work on stderr: one line that is rewritten on a terminal, otherwise a line at every tenth.
 *
 * @param {string} label of the work
 * @param {number} total bytes expected
 * @returns {(done: number) => void} reports the bytes done so far
 */
export function showProgress(label, total) {
  let shownTenth = -1
  return (done) => {
    const share = Math.min(1, done / total)
    const text = `${label}: ${Math.floor(share * 100)} %, ${megabytes(done)} of ${megabytes(total)} MB`
    if (process.stderr.isTTY) {
      process.stderr.write(`\r${text}${share === 1 ? '\n' : ''}`)
      return
    }
    const tenth = Math.floor(share * 10)
    if (tenth > shownTenth) process.stderr.write(`${text}\n`)
    shownTenth = Math.max(tenth, shownTenth)
  }
}

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(1)
