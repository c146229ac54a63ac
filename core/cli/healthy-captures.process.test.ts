import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ReportAlarm } from '../contract/report.ts'
import { routescope } from '../testing/program.ts'

const CAPTURES = join(__dirname, '..', '..', '..', 'shared', 'captures')
const TABLE = readFileSync(join(__dirname, '..', '..', 'e2e', 'field', 'README.md'), 'utf8')

/** Rules that the table of the README names for each capture. */
const NAMED = new Map<string, string[]>()
for (const [, capture = '', rules = ''] of TABLE.matchAll(/^\| `([\w-]+)` \| ([^|]*) \|/gm))
  NAMED.set(
    capture,
    [...rules.matchAll(/`([A-Z][A-Z0-9-]+)`/g)].map(([, rule]) => rule ?? ''),
  )

const captures = existsSync(CAPTURES)
  ? readdirSync(CAPTURES).filter((name) => name.endsWith('.pcap') && name !== 'route-loss.pcap')
  : []

describe.skipIf(captures.length === 0)('a healthy capture (needs ../shared/captures)', () => {
  it.each(captures)('%s raises no error and no warning but those that are named', async (name) => {
    const { stdout } = await routescope(['inspect', '--json', join(CAPTURES, name)])
    const { alarms } = JSON.parse(stdout) as { alarms: ReportAlarm[] }
    const raised = alarms.filter(({ severity }) => severity !== 'info').map(({ rule }) => rule)
    expect([...new Set(raised)]).toEqual(NAMED.get(name.replace(/\.pcap$/, '')) ?? [])
  })
})

it('the table names rules of healthy captures', () => {
  expect([...NAMED.keys()]).toContain('atsc-us-two-services')
})
