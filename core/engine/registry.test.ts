import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isForTests, readImportGraph } from '../testing/import-graph.ts'
import { PART_KINDS } from './registry.ts'

const root = join(__dirname, '..', '..')
const kinds = PART_KINDS.map(({ description }) => description.kind)

/** Files that name kinds: those that read sessions of version 1, and those that say which filter of GPAC is which part. */
const NAMING = /^core\/engine\/(?:spec|gpac)\//

const { files, textOf } = readImportGraph(root, ['core/engine', 'core/cli', 'renderer', 'electron'])
const product = files.filter((file) => !isForTests(file) && !NAMING.test(file))

/** Kinds of parts, and of the requests that earlier versions told apart. */
const named = [...kinds, 'url', 'demo', 'none'].join('|')

/** Files outside the kinds' own that a pattern fits. */
const found = (pattern: RegExp) => product.filter((file) => pattern.test(textOf(file)))

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

  it('tell no requests apart: every source is a text', () => {
    expect(found(new RegExp(`\\breadonly kind: [^\\n]*'(${named})'`))).toEqual([])
  })
})
