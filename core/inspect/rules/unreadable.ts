import type { RuleId } from '../../contract/rules.ts'
import { type CarrierPlace, carrierText } from '../../flow/carriers.ts'
import type { FindingOf } from '../../flow/findings.ts'
import { LACKS } from '../../receive/signalling/manifest-lacks.ts'
import { channelOf, objectOf } from './alarm.ts'
import type { Raise, RuleFile } from './raise.ts'

/** Rules of fragments by type; the envelope's for other types. */
const FRAGMENT_RULES: Readonly<Record<string, 'MPD-XML' | 'STSID-XML' | 'USBD-XML'>> = {
  MPD: 'MPD-XML',
  'S-TSID': 'STSID-XML',
  USBD: 'USBD-XML',
} satisfies Record<string, RuleId>

/** Entries named in an alarm. */
const NAMED_ENTRIES = 3

/** Rules on unreadable tables, fragments, messages and files. */
export const unreadableRules = (): RuleFile => ({
  llsUnreadable: (at, rules) => {
    const { code, message } = at.fault
    const of = at.group === null ? '' : ` ${at.signed ? 'in the SignedMultiTable ' : ''}of group ${at.group}`
    const id = code.startsWith('gzip') ? 'LLS-GZIP' : 'LLS-XML'
    rules.raise(id, { at, values: { table: `${at.table}${of}`, code, message } })
  },
  linkTableUnreadable: (at, rules) => {
    const { code, message } = at.fault
    rules.raise('ALP-TABLE', { at, values: { table: at.table, code, message } })
  },
  slsUnreadable: (at, rules) => {
    const { code, message } = at.fault
    const values = { object: objectOf(at), code, message }
    rules.raise(at.part === 'object' ? 'SLS-GZIP' : 'SLS-PACKAGE', { at, values })
  },
  fragmentUnreadable: (at, rules) => {
    const { code, message } = at.fault
    const what = at.type === 'ENVELOPE' ? `The envelope ${at.name}` : `${at.type} ${at.name} of service ${at.service}`
    const id = FRAGMENT_RULES[at.type] ?? 'SLS-XML'
    if (id === 'MPD-XML' || code === LACKS) raiseManifest(rules, at, what)
    else rules.raise(id, { at, values: { what, code, message } })
  },
  manifestUnreadable: (at, rules) => {
    raiseManifest(rules, at, `The manifest ${at.name} of service ${at.service}`)
  },
  fileTableUnreadable: (at, rules) => {
    const { code, message } = at.fault
    rules.raise('EFDT-XML', { at, values: { channel: channelOf(at), code, message } })
  },
  fdtUnreadable: (at, rules) => {
    const { code, message } = at.fault
    rules.raise('FDT-XML', { at, values: { instance: at.instance, channel: channelOf(at), code, message } })
  },
  configurationUnreadable: (at, rules) => {
    const { code, message } = at.fault
    rules.raise('MABR-XML', { at, values: { code, message } })
  },
  messageUnreadable: (at, rules) => {
    const { code, message } = at.fault
    rules.raise('MMTP-MESSAGE', { at, key: `${at.what} ${code}`, values: { what: at.what, code, message } })
  },
  entriesDropped: (at, rules) => {
    const { table, dropped, count, writings } = at
    for (const { what, count: places, where } of writings) {
      const values = { table, places, where }
      rules.raise('XML-FORM', { at, key: `${table} ${what}`, says: what, values })
    }
    if (count === 0) return
    const named = dropped.slice(0, NAMED_ENTRIES).map(({ path, reason }) => `${path} (${reason})`)
    const entries = `${named.join(', ')}${count > named.length ? ` and ${count - named.length} more` : ''}`
    const key = `${table} ${[...new Set(dropped.slice(0, NAMED_ENTRIES).map(kindOfEntry))].join(', ')}`
    if (count === 1) rules.raise('TABLE-ENTRY', { at, key, says: 'one', values: { table, entries } })
    else rules.raise('TABLE-ENTRY', { at, key, says: 'more', values: { table, count, entries } })
  },
  contentUnreadable: (at, rules) => {
    rules.raise('OBJ-CONTENT', { at, values: { object: objectLabel(at), message: at.fault.message } })
  },
  encodingUnknown: (at, rules) => {
    const { encoding } = at
    rules.raise('OBJ-ENCODING', { at, key: encoding, values: { object: objectLabel(at), encoding } })
  },
})

/** @param what names the manifest */
function raiseManifest(rules: Raise, at: FindingOf<'manifestUnreadable' | 'fragmentUnreadable'>, what: string): void {
  const { code, message } = at.fault
  if (code === LACKS) rules.raise('MPD-LACKS', { at, key: message, values: { what, lack: message } })
  else rules.raise('MPD-XML', { at, values: { what, code, message } })
}

/** A dropped entry without its place: the same fault is no news in the next version of a table, where it may have moved. */
function kindOfEntry({ path, reason }: { readonly path: string; readonly reason: string }): string {
  return `${path.replace(/\d+/g, '')} ${reason.replace(/^line \d+, column \d+: /, '')}`
}

/** `a.mp4 (TSI 10, TOI 7)`; for an object without packets `a.mp4 (TSI 10)`. */
export function objectLabel({ name, carrier }: { name: string | null; carrier: CarrierPlace | null }): string {
  return `${name ?? 'unnamed object'} (${carrier === null ? 'unknown channel' : carrierText(carrier)})`
}
