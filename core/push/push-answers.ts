/** Why an answer is a failure; null for success. What is to be removed may be gone already. */
export function reasonOf(status: number, removes: boolean): string | null {
  if (isTaken(status)) return null
  if (removes && (status === 404 || status === 410)) return null
  return answerText(status)
}

/** Whether the same request may succeed later. */
export function isPassing(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429
}

/** Whether the server has done what was asked. */
export function isTaken(status: number): boolean {
  return status >= 200 && status < 300
}

/** A failure in words. */
export function answerText(status: number): string {
  return `it answered ${status}`
}
