import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOMS } from './rooms.ts'
import { circlesOf, exportsOf, isForTests, readImportGraph } from './testing/import-graph.ts'
import { openedPastGuard } from './testing/peer-walls.ts'
import { longSignatures } from './testing/signatures.ts'

const graph = readImportGraph(join(__dirname, '..'), ['core', 'renderer', 'electron'])
const product = graph.files.filter((file) => !isForTests(file))
const roomOf = (file: string): string | null => /^core\/(\w+)\//.exec(file)?.[1] ?? null

/** Imports of the product that `forbidden` is true for, as `from -> to`. */
function imports(forbidden: (from: string, to: string) => boolean): string[] {
  return product.flatMap((from) =>
    (graph.imports.get(from) ?? []).filter((to) => forbidden(from, to)).map((to) => `${from} -> ${to}`),
  )
}

describe('the tree', () => {
  it('has a row in the table of rooms for each folder of core', () => {
    const folders = new Set(product.flatMap((file) => roomOf(file) ?? []))
    expect([...folders].filter((room) => ROOMS[room] === undefined)).toEqual([])
  })

  it('lists rooms lowest first, so that imports point one way', () => {
    const names = Object.keys(ROOMS)
    const upward = names.filter((name, at) => ROOMS[name]?.imports.some((other) => names.indexOf(other) >= at))
    expect(upward).toEqual([])
  })

  it('imports as the table says, types included', () => {
    expect(
      imports((from, to) => {
        const here = roomOf(from)
        const there = roomOf(to)
        return here !== null && there !== null && here !== there && !ROOMS[here]?.imports.includes(there)
      }),
    ).toEqual([])
  })

  it('imports what is for tests in tests only', () => {
    expect(imports((_, to) => isForTests(to))).toEqual([])
  })

  it('has no circles, type imports counted', () => {
    expect(circlesOf(graph)).toEqual([])
  })
})

describe('the terminal', () => {
  it('is written to where text from outside is made fit to show, and nowhere else', () => {
    const writers = product.filter(
      (file) =>
        file.startsWith('core/') &&
        !['core/cli/output.ts', 'core/cli/progress-line.ts', 'core/cli/main.ts', 'core/guard/last-resort.ts'].includes(
          file,
        ) &&
        /process\.std(?:out|err)\.write|\bconsole\./.test(graph.textOf(file)),
    )
    expect(writers).toEqual([])
  })
})

describe('circlesOf', () => {
  it('finds a circle of types', () => {
    const files = ['a.ts', 'b.ts', 'c.ts']
    const of = new Map([
      ['a.ts', ['b.ts']],
      ['b.ts', ['c.ts', 'a.ts']],
      ['c.ts', []],
    ])
    expect(circlesOf({ files, imports: of, textOf: () => '' })).toEqual([['a.ts', 'b.ts']])
  })
})

describe('core/flow', () => {
  const words = /(?<![a-z])(?:tsi|toi|lct)s?(?![a-z])|(?:Tsi|Toi|Lct)s?(?![a-z])|TSI|TOI|LCT/
  const files = product.filter((file) => file.startsWith('core/flow/'))

  it('speaks of no carrier in its own words but in the arms of Carrier', () => {
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((file) => words.test(graph.textOf(file)))).toEqual(['core/flow/carriers.ts'])
  })

  it('would notice such words', () => {
    for (const text of ['tsi: 1', 'onlyTsi', 'NO_TOI', 'the S-TSID', 'kind: "lct"', 'oddLctHeader', 'tsis'])
      expect(words.test(text)).toBe(true)
    for (const text of ['itself', 'toist', 'objects']) expect(words.test(text)).toBe(false)
  })
})

describe('exported names of core', () => {
  it('are unique', () => {
    const owners = new Map<string, string[]>()
    // The browser's twin of a platform function has its name: a program holds one of the two.
    for (const file of product.filter((each) => each.startsWith('core/') && each !== 'core/platform/browser.ts'))
      for (const name of exportsOf(graph.textOf(file))) owners.set(name, [...(owners.get(name) ?? []), file])
    expect([...owners].filter(([, files]) => files.length > 1)).toEqual([])
  })
})

describe('signatures', () => {
  it('have at most six parameters: more belong in a named object, on the way of a packet in a reused one', () => {
    expect(product.flatMap((file) => longSignatures(file, graph.textOf(file), 6))).toEqual([])
  })

  it('of any kind would be found', () => {
    const texts = [
      'function long(a, b, c) {}',
      'const long = (a, b, c) => {}',
      'class C { constructor(a, b, { c }) {} }',
      'class C { #long(a, b, c) {} }',
      'interface I { long(a: A, b: B, c?: C): void }',
      'type Long = (a: A, b: B, ...c: C[]) => void',
      'abstract class C { abstract long(a: A, b: B, c: C): void }',
    ]
    expect(texts.flatMap((text) => longSignatures('a.ts', text, 2)).length).toBe(texts.length)
    expect(longSignatures('a.ts', 'type Of<A, B, C> = Map<A, Map<B, C>>\nlong(1, 2, 3)', 2)).toEqual([])
    expect(longSignatures('a.ts', '\nclass C {\n  #long(a, b, c) {}\n}', 2)).toEqual(['a.ts:3 long (3)'])
  })
})

describe('constants of core', () => {
  /** Files that state each constant, `NAME = value`, by name and value. */
  const statements = (files: readonly string[], textOf: (file: string) => string) => {
    const stated = new Map<string, string[]>()
    for (const file of files)
      for (const [, text = ''] of textOf(file).matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+ = [^\n{[(]+)$/gm))
        stated.set(text, [...(stated.get(text) ?? []), file])
    return stated
  }
  const often = (stated: ReadonlyMap<string, string[]>) => [...stated].filter(([, files]) => files.length > 2)

  it('of one name and value stand in no three files', () => {
    const stated = statements(
      product.filter((file) => file.startsWith('core/')),
      graph.textOf,
    )
    expect(stated.size).toBeGreaterThan(300)
    expect(often(stated)).toEqual([])
  })

  it('would be found', () => {
    const one = 'const UDP = 17\n'
    expect(often(statements(['a', 'b', 'c'], () => one))).toEqual([['UDP = 17', ['a', 'b', 'c']]])
    expect(often(statements(['a', 'b', 'c'], (file) => (file === 'c' ? 'const UDP = 18' : one)))).toEqual([])
  })
})

describe('what came to JavaScript and Node after version 18.15, which the main side must run on', () => {
  const NEWER =
    /\b(?:URL\.(?:canParse|parse)\(|AbortSignal\.any\(|Promise\.(?:withResolvers|try)\b|(?:Object|Map)\.groupBy\(|Array\.fromAsync\(|Atomics\.waitAsync\(|Iterator\.from\(|import\.meta\.(?:dirname|filename))|\.(?:toSorted|toReversed|toSpliced|isWellFormed|toWellFormed|isSubsetOf|symmetricDifference)\(/
  const newerIn = (file: string, text: string) =>
    text
      .split('\n')
      .flatMap((line, at) => (NEWER.test(line.replace(/^\s*(?:\*|\/[/*]).*/, '')) ? [`${file}:${at + 1}`] : []))

  it('is used nowhere in it', () => {
    const main = product.filter((file) => /^(?:core|electron)\//.test(file))
    expect(main.length).toBeGreaterThan(400)
    expect(main.flatMap((file) => newerIn(file, graph.textOf(file)))).toEqual([])
  })

  it.each(['if (URL.canParse(text)) {', 'const any = AbortSignal.any([a, b])', 'rows.toSorted()'])(
    'would be found: %s',
    (line) => {
      expect(newerIn('a.ts', `// URL.canParse(text)\n${line}`)).toEqual(['a.ts:2'])
    },
  )
})

describe('connections, programs and threads', () => {
  it('are opened by core/guard only, which takes their errors', () => {
    const past = product.flatMap((file) => openedPastGuard(file, graph.textOf(file)).map((what) => `${file}: ${what}`))
    expect(past).toEqual([])
  })

  it.each([
    "import { createServer } from 'node:http'",
    "import http, { type IncomingMessage } from 'node:http'",
    "import * as net from 'node:net'",
    "import { connect } from 'net'",
    "import { Socket } from 'node:net'",
    "import { createSocket, type Socket } from 'node:dgram'",
    "import dgram from 'node:dgram'",
    "import {\n  type ChildProcess,\n  spawn,\n} from 'node:child_process'",
    "import { execFile } from 'node:child_process'",
    "import { Worker } from 'node:worker_threads'",
    "import { WebSocketServer } from 'ws'",
    "import Agent from 'undici/lib/agent.js'",
    "import { request } from 'undici'",
    "const { createServer } = await import('node:https')",
    "const tls = require('tls')",
    "server.on('connection', (socket) => socket.end())",
    "server.once('upgrade', take)",
    "process.on('SIGINT', () => undefined)",
    "process.on('uncaughtException', () => undefined)",
    "socket.removeAllListeners('error')",
    'utilityProcess.fork(path)',
    "createRequire(path)('koffi')",
  ])('are found where core/guard is passed by: %s', (code) => {
    expect(openedPastGuard('core/engine/planted.ts', code)).not.toEqual([])
  })

  it('leave types and what opens nothing free', () => {
    const free = [
      "import type { Server } from 'node:http'",
      "import { type Socket, isIP } from 'node:net'",
      "import { spawnSync } from 'node:child_process'",
      "import { parentPort, workerData } from 'node:worker_threads'",
      "child.on('exit', done)",
    ]
    expect(free.flatMap((code) => openedPastGuard('core/engine/planted.ts', code))).toEqual([])
  })
})

/** Functions of `node:fs` that open, make or replace a file of a name. */
const OPENS =
  /\b(?:open|openAsBlob|openSync|readFile|readFileSync|writeFile|writeFileSync|appendFile|appendFileSync|createReadStream|createWriteStream|copyFile|copyFileSync|cp|cpSync|rename|renameSync|truncate|truncateSync|symlink|symlinkSync|link|linkSync)\b/

/** Files that open others by name, and whose names these are. All others use the door, or let core/files write. */
const OPENERS: Readonly<Record<string, string>> = {
  'core/files/door.ts': 'names from outside that are read: checked before and after',
  'core/files/write-door.ts':
    'names from outside that are written: their folder followed and checked, the file renamed',
  'core/files/disk-worker.ts': 'names from outside that are written: made safe, links not followed',
  'core/files/media-file.ts': 'media files, which a person names; a new one is written beside and renamed',
  'core/files/output-file.ts': 'recordings, which a person names: locked',
  'core/files/folder-sink.ts': 'a probe with a name of our own',
  'core/files/move-folder.ts': 'folders of services, by numbers: moved without following links',
  'core/files/spill-folder.ts': 'numbers in a folder of our own',
  'core/engine/dump.ts': 'reports, which a person names: written beside and renamed',
  'core/http/upload.ts': 'a safe name in a new folder of our own',
  'core/capture/byte-source.ts': 'captures, which a person names',
  'core/capture/capture-pipe.ts': 'captures, which a person names',
  'core/capture/open-input.ts': 'captures, which a person names',
  'core/cli/session-file.ts': 'sessions, which a person names',
  'core/cli/code-cache.ts': 'our own chunks and their compiled code',
  'core/cli/main.ts': 'our own package.json',
  'core/platform/node.ts': 'our own WebAssembly',
  'core/socket/host-drops.ts': 'counters of the system in /proc',
  'electron/main/app-scheme.ts': 'our own pages',
  'electron/main/json-file.ts': 'settings of our own',
  'electron/main/stdin-pipe.ts': 'a pipe of our own',
}

/** What a text takes of `node:fs` with which files can be opened; types are not among it. */
function openedBy(text: string): string[] {
  const imports = [...text.matchAll(/import\s+(?!type\b)([^;'"]+?)\s+from\s+['"](?:node:)?fs(?:\/promises)?['"]/g)]
  return imports.flatMap(([, clause = '']) => {
    const named = /\{([^}]*)\}/.exec(clause)?.[1] ?? ''
    const whole = clause
      .replace(/\{[^}]*\}/, '')
      .replace(/,/g, '')
      .trim()
    const names = named.split(',').map((name) => name.trim())
    return [...(whole === '' ? [] : [whole]), ...names.filter((name) => !name.startsWith('type ') && OPENS.test(name))]
  })
}

describe('files', () => {
  it('are opened by name in few places, each of which knows whose names these are', () => {
    const found = product.filter((file) => openedBy(graph.textOf(file)).length > 0)
    expect(found.sort()).toEqual(Object.keys(OPENERS).sort())
    expect(product.filter((file) => /\b(?:require|import)\(['"](?:node:)?fs/.test(graph.textOf(file)))).toEqual([])
  })

  it.each([
    "import { readFile } from 'node:fs/promises'",
    "import {\n  type Stats,\n  createReadStream,\n} from 'node:fs'",
    "import fs from 'fs'",
    "import * as fs from 'node:fs'",
    "import fs, { stat } from 'node:fs/promises'",
    "import { open as look } from 'node:fs/promises'",
  ])('would notice %j', (text) => {
    expect(openedBy(text)).not.toEqual([])
  })

  it('are looked at anywhere', () => {
    for (const text of [
      "import { stat, type FileHandle } from 'node:fs/promises'",
      "import type fs from 'node:fs'",
      "import type { open } from 'node:fs'",
      "import { realpath, rm } from 'node:fs/promises'",
    ])
      expect(openedBy(text)).toEqual([])
  })
})
