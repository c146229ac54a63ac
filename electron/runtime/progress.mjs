/**
 * Shows how far long work has come, on stderr: one line that rewrites itself on a terminal, a line at every tenth
 * elsewhere, so that a build log stays readable.
 *
 * @param {string} label what is under way
 * @param {number} total bytes expected
 * @returns {(done: number) => void} tells the bytes done so far
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
