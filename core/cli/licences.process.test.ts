import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const dist = join(__dirname, '..', '..', 'dist')
const BUNDLES = ['main', 'renderer', 'cli'].map((bundle) => join(dist, bundle, 'third-party-licences.txt'))

describe('the licences beside each bundle', () => {
  it('name the packages in the bundle, each with its text', () => {
    const [main = '', renderer = '', cli = ''] = BUNDLES.map((file) => readFileSync(file, 'utf8'))
    for (const engine of [main, cli]) {
      for (const name of ['raptorq', '@peculiar/asn1-cms', 'asn1js', 'saxes']) expect(engine).toContain(`\n${name} `)
      expect(engine).toContain('Apache License')
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
