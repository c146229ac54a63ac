import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HAS_BATCHES } from '../testing/socket-ways.ts'

const dist = join(__dirname, '..', '..', 'dist')
const BUNDLES = ['main', 'renderer', 'cli'].map((bundle) => join(dist, bundle, 'third-party-licences.txt'))

describe('the licences beside each bundle', () => {
  it('name the packages in the bundle, each with its text', () => {
    const [main = '', renderer = '', cli = ''] = BUNDLES.map((file) => readFileSync(file, 'utf8'))
    for (const engine of [main, cli]) {
      for (const name of ['raptorq', '@peculiar/asn1-cms', 'asn1js', 'saxes']) expect(engine).toContain(`\n${name} `)
      expect(engine).toContain('Apache License')
      if (HAS_BATCHES) expect(engine).toContain('\nkoffi ')
    }
    for (const name of ['react', 'dashjs', 'hls.js']) expect(renderer).toContain(`\n${name} `)
    expect(`${main}${renderer}${cli}`).not.toContain('(undefined)')
  })

  it('are packaged', () => {
    const builder = readFileSync(join(dist, '..', 'electron-builder.yml'), 'utf8')
    const packaged = [...builder.matchAll(/from: (dist\/\S+)/g)].map((match) => join(dist, '..', match[1] as string))
    expect(packaged).toEqual(BUNDLES.slice(0, 2))
    expect(packaged.every((file) => existsSync(file))).toBe(true)
  })
})

describe.skipIf(!HAS_BATCHES)('the package with a binary (Linux, with koffi)', () => {
  it('loads from what is packaged of it alone', () => {
    const builder = readFileSync(join(dist, '..', 'electron-builder.yml'), 'utf8').replaceAll(
      /\$\{arch\}/g,
      process.arch,
    )
    const sets = [...builder.matchAll(/from: (node_modules\/\S+)\n\s+to: (\S+)\n\s+filter: \[(.+)\]/g)]
    expect(sets).toHaveLength(2)
    const app = mkdtempSync(join(tmpdir(), 'routescope-packaged-'))
    try {
      for (const [, from = '', to = '', filter = ''] of sets) {
        const folder = join(dist, '..', from)
        for (const pattern of filter.split(', ')) {
          const part = pattern.replace('linux_*', `linux_${process.arch}`)
          mkdirSync(dirname(join(app, to, part)), { recursive: true })
          copyFileSync(join(folder, part), join(app, to, part))
        }
      }
      const script = "console.log(require('koffi').load(null).func('int getpid()')() === process.pid)"
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], { cwd: app, encoding: 'utf8' })
      expect({ stdout, stderr }).toEqual({ stdout: 'true\n', stderr: '' })
    } finally {
      rmSync(app, { recursive: true })
    }
  })
})
