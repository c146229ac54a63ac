import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isForTests, readImportGraph } from '../testing/import-graph.ts'
import { PART_KINDS } from './registry.ts'

const root = join(__dirname, '..', '..')
const kinds = PART_KINDS.map(({ description }) => description.kind)

/** Files that read sessions of version 1, which name kinds. */
const VERSION_1 = /^core\/engine\/spec\//

describe('kinds of parts', () => {
  it('have names of their own', () => {
    expect(new Set(kinds).size).toBe(kinds.length)
  })

  it('are named in their own files only', () => {
    const { files } = readImportGraph(root, ['core/engine', 'core/cli', 'renderer'])
    const compared = new RegExp(`(?<!request\\??\\.|item\\.|asked\\.)\\bkind\\s*[!=]==?\\s*'(${kinds.join('|')})'`)
    const found = files.filter(
      (file) => !isForTests(file) && !VERSION_1.test(file) && compared.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(found).toEqual([])
  })
})
