import { describe, expect, test } from 'vitest'
import { exitReason } from './engine-exit.ts'

const THROWN = `listening
/app/dist/main/engine.cjs:5
if (x) throw new TypeError('it broke')
       ^

TypeError: it broke\u001b[31m here\u202e
    at Timeout._onTimeout (/app/dist/main/engine.cjs:5:26)
    at process.processTimers (node:internal/timers:512:7)

Node.js v18.15.0
`

describe('exitReason', () => {
  test('names a status, with the last line that names a reason', () => {
    expect(exitReason(3, null, '')).toBe('ended with status 3')
    expect(exitReason(1, null, THROWN)).toBe('ended with status 1 after "TypeError: it broke\\x1b[31m here\\u202e"')
    const chromium = '[1263:1129/131049.878044:ERROR:viz_main_impl.cc(186)] Exiting GPU process\n\n'
    expect(exitReason(1, { reason: 'abnormal-exit', exitCode: 7 }, chromium)).toBe('ended with status 7')
  })

  test('names a signal', () => {
    expect(exitReason(0, { reason: 'killed', exitCode: 9 }, '')).toBe('was killed by SIGKILL')
    expect(exitReason(0, { reason: 'crashed', exitCode: 11 }, 'last words\n')).toBe(
      'crashed with SIGSEGV after "last words"',
    )
    expect(exitReason(0, { reason: 'crashed', exitCode: -1073741819 }, '')).toBe('crashed with code -1073741819')
    expect(exitReason(0, { reason: 'oom', exitCode: 6 }, '')).toBe('ran out of memory')
  })

  test('cuts a long line', () => {
    expect(exitReason(1, null, 'x'.repeat(100_000)).length).toBeLessThan(400)
  })
})
