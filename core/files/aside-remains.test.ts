import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { TestFolder } from '../testing/program.ts'
import { asideName, asidesOf } from './aside.ts'
import { removeAsideRemains } from './aside-remains.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

const RANDOM = '0123456789ab'
/** A number that no system gives to a process. */
const ended = 2 ** 31 - 1
const past = new Date(Date.now() - 3_600_000)

/** Makes files that were last written before this process began. */
function old(...paths: string[]): void {
  for (const path of paths) {
    writeFileSync(path, 'x')
    utimesSync(path, past, past)
  }
}

const left = (name: string) => readdirSync(folder.at(name), { recursive: true }).map(String).sort()

it('removes what ended processes left, in folders too, and nothing else', async () => {
  mkdirSync(folder.at('w', 'a', 'b'), { recursive: true })
  mkdirSync(folder.at('outside'))
  const remain = `${asidesOf(ended)}${RANDOM}`
  const kept = [
    `${asidesOf(process.ppid)}${RANDOM}`,
    `${remain}.txt`,
    `x${remain}`,
    `${asidesOf(ended)}notours`,
    `${asidesOf(0)}${RANDOM}`,
    'file.mp4',
  ]
  const former = asideName()
  old(...['w', 'w/a', 'w/a/b', 'outside'].map((name) => folder.at(...name.split('/'), remain)))
  old(...kept.map((name) => folder.at('w', name)), folder.at('w', former))
  const own = asideName()
  const fresh = `${asidesOf(ended)}ba9876543210`
  for (const name of [own, fresh]) writeFileSync(folder.at('w', name), 'x')
  if (process.platform !== 'win32') symlinkSync(folder.at('outside'), folder.at('w', 'link'))

  expect(await removeAsideRemains(folder.at('w'))).toBe(4)
  const links = process.platform === 'win32' ? [] : ['link']
  const names = left('w').filter((name) => !name.startsWith('link/'))
  expect(names).toEqual([...kept, own, fresh, 'a', 'a/b', ...links].sort())
  expect(left('outside')).toEqual([remain])
})

it('looks at a bounded number of entries, and takes a folder that is not there', async () => {
  mkdirSync(folder.at('many'))
  old(...Array.from({ length: 5 }, (_, at) => folder.at('many', `${asidesOf(ended)}${at}${RANDOM.slice(1)}`)))
  expect(await removeAsideRemains(folder.at('many'), 3)).toBe(3)
  expect(left('many')).toHaveLength(2)
  expect(await removeAsideRemains(folder.at('none'))).toBe(0)
})
