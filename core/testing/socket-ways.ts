import { loadSystemCalls } from '../guard/system-calls.ts'

/** Whether datagrams can be read in batches here: on Linux, with koffi installed. */
export const HAS_BATCHES = hasBatches()

/** The ways to read sockets that this machine has, for `describe.each`. */
export const SOCKET_WAYS: readonly (readonly [way: string, batches: boolean])[] = HAS_BATCHES
  ? [
      ['in batches', true],
      ['one by one', false],
    ]
  : [['one by one (batches need Linux and koffi)', false]]

function hasBatches(): boolean {
  try {
    loadSystemCalls()
    return true
  } catch {
    return false
  }
}
