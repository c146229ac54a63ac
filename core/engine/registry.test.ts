import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isForTests, readImportGraph } from '../testing/import-graph.ts'
import { PART_KINDS } from './registry.ts'

const root = join(__dirname, '..', '..')
const kinds = PART_KINDS.map(({ description }) => description.kind)

/** Reads sessions of version 1, which name kinds. */
const VERSION_1 = 'core/engine/spec/spec-1.ts'

const { files, textOf } = readImportGraph(root, ['core/engine', 'core/cli', 'renderer', 'electron'])
const product = files.filter((file) => !isForTests(file) && file !== VERSION_1)

/** Kinds of parts, and of the requests that earlier versions told apart. */
const named = [...kinds, 'url', 'demo', 'none'].join('|')

/** Files outside the kinds' own that a pattern fits. */
const found = (pattern: RegExp) => product.filter((file) => pattern.test(textOf(file)))

/** Lists of kinds of a file in which it looks for the kind of a part, by their names. */
function askedLists(file: string): string[] {
  const text = textOf(file)
  const lists = [...text.matchAll(/\bconst (\w+)[^=\n]*= \[([^\]]*)\]/g)]
  return lists.flatMap(([, name = '', items = '']) =>
    kinds.some((kind) => items.includes(`'${kind}'`)) &&
    new RegExp(`\\b${name}\\.(?:includes|indexOf)\\([\\w.?]*\\bkind\\)`).test(text)
      ? [`${file}: ${name}`]
      : [],
  )
}

describe('kinds of parts', () => {
  it('have names of their own', () => {
    expect(new Set(kinds).size).toBe(kinds.length)
  })

  it('are compared nowhere, and neither are kinds of requests', () => {
    expect(found(new RegExp(`\\bkind\\s*[!=]==?\\s*'(${named})'`))).toEqual([])
    expect(found(new RegExp(`'(${named})'\\s*[!=]==?\\s*[\\w.?]*\\bkind\\b`))).toEqual([])
    expect(found(new RegExp(`switch \\([^)]*\\bkind\\)(?:(?!\\n}|switch \\()[\\s\\S])*\\bcase '(${named})':`))).toEqual(
      [],
    )
  })

  it('are looked for in no list', () => {
    expect(
      found(new RegExp(`\\[[^\\]]*'(${kinds.join('|')})'[^\\]]*\\]\\.(?:includes|indexOf)\\([\\w.?]*\\bkind\\)`)),
    ).toEqual([])
    expect(product.flatMap(askedLists)).toEqual([])
  })

  it('tell no requests apart: every source is a text', () => {
    expect(found(new RegExp(`\\breadonly kind: [^\\n]*'(${named})'`))).toEqual([])
  })
})
