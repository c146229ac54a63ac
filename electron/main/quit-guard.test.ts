import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { QuitGuard } from './quit-guard.ts'

function guarded() {
  const seen: (readonly string[] | null | 'quit')[] = []
  const guard = new QuitGuard({ quit: () => seen.push('quit'), show: (folders) => seen.push(folders) })
  const quit = () => {
    let prevented = false
    guard.hold({ preventDefault: () => (prevented = true) })
    return prevented ? 'held' : 'quits'
  }
  return { guard, seen, quit }
}

describe('a quit', () => {
  test('goes on where nothing is written', () => {
    const { guard, seen, quit } = guarded()
    expect(quit()).toBe('quits')
    guard.writing(['/dump'])
    guard.writing([])
    expect(quit()).toBe('quits')
    expect(seen).toEqual([])
  })

  test('waits for what is written, then goes on', async () => {
    const { guard, seen, quit } = guarded()
    guard.writing(['/a', '/b'])
    expect(quit()).toBe('held')
    guard.writing(['/b'])
    expect(guard.waitsFor).toEqual(['/b'])
    guard.writing([])
    await setImmediate()
    expect(seen).toEqual([['/a', '/b'], ['/b'], null, 'quit'])
    expect(quit()).toBe('quits')
  })

  test('goes on when it is asked for again', async () => {
    const { guard, seen, quit } = guarded()
    guard.writing(['/a'])
    expect([quit(), quit()]).toEqual(['held', 'held'])
    await setImmediate()
    expect(seen).toEqual([['/a'], null, 'quit'])
    expect(quit()).toBe('quits')
  })

  test('is withdrawn', async () => {
    const { guard, seen, quit } = guarded()
    guard.writing(['/a'])
    quit()
    guard.stay()
    guard.writing([])
    await setImmediate()
    expect(seen).toEqual([['/a'], null])
    expect(guard.waitsFor).toBeNull()
  })
})
