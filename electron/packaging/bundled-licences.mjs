import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

/** File next to each bundle with the licences of the packages in it. */
const LICENCES_FILE = 'third-party-licences.txt'

/** Licence texts for packages that name their licence without including it. */
const TEXTS = {
  MIT: `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
  ISC: `Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted,
provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED
WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR
CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT,
NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
}

/**
 * A Vite plugin that writes LICENCES_FILE into these folders below its output, from the modules actually in the bundle. A package
 * without a recognisable licence fails the build.
 * @param {readonly string[]} below
 * @param {readonly string[]} beside packages that are loaded from their own folders, where they are installed
 */
export function bundledLicences(below = ['.'], beside = []) {
  return {
    name: 'bundled-licences',
    generateBundle(_, bundle) {
      const packages = new Set(beside.map((name) => join('node_modules', name)).filter((folder) => existsSync(folder)))
      for (const part of Object.values(bundle)) {
        for (const id of part.type === 'chunk' ? part.moduleIds : part.originalFileNames) {
          const folder = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/?]+)\//.exec(id.replaceAll('\\', '/'))?.[1]
          if (folder !== undefined) packages.add(folder)
        }
      }
      const source = [...packages].map(noticeOf).sort().join('\n\n')
      for (const folder of below) {
        this.emitFile({ type: 'asset', fileName: posix.join(folder, LICENCES_FILE), source: `${source}\n` })
      }
    },
  }
}

/** @param {string} folder of a package */
function noticeOf(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find(
    (entry) => /^(licen[cs]e|copying)(\.(md|txt))?$/i.test(entry) && statSync(join(folder, entry)).isFile(),
  )
  const by = typeof author === 'string' ? author : author?.name
  const text =
    file === undefined
      ? TEXTS[license] && `Copyright (c) ${by ?? `the authors of ${name}`}\n\n${TEXTS[license]}`
      : readFileSync(join(folder, file), 'utf8').trim()
  if (!text) throw new Error(`${name} ${version} has no licence information.`)
  return `${'-'.repeat(80)}\n${name} ${version} (${license})\n\n${text}`
}
