import type {
  JsonObject,
  JsonValue,
  ReportInterval,
  ReportLls,
  ReportSignature,
  ReportSls,
} from '../contract/report.ts'

/** Formats the LLS for a terminal: a line for each version of each table, with a summary and its signature. */
export function* llsText(tables: readonly ReportLls[]): Generator<string> {
  // Each signature is printed in full once.
  const printed = new Set<string>()
  for (const table of tables) {
    const { name, group, version, count, bytes, signed, interval } = table
    const summary = tableSummary(name, table.values)
    yield `  ${name} group ${group} version ${version}${signed ? ', signed' : ''}, ${times(count)}${every(interval)}, ${bytes} bytes` +
      `${summary === '' ? '' : `: ${summary}`}${verdict(table.signature)}`
    yield* spelt(table.signature, printed)
  }
}

/** Formats the SLS fragments of a service. */
export function slsText(fragments: readonly ReportSls[]): string[] {
  const lines: string[] = []
  const printed = new Set<string>()
  for (const { type, name, version, bytes, count, interval, toiMeaning, signature } of fragments) {
    const inPackage = toiMeaning === null ? '' : ` (package of ${toiMeaning})`
    lines.push(
      `  ${labelOf(type, name)}, version ${version ?? 'unknown'}, ${times(count)}${every(interval)}, ${bytes} bytes${inPackage}${verdict(signature)}`,
    )
    lines.push(...spelt(signature, printed))
  }
  return lines
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function every(interval: ReportInterval | null): string {
  if (interval === null) return ''
  const { min, median, max } = interval
  return ` every ${median.toFixed(3)} s (${min.toFixed(3)} to ${max.toFixed(3)})`
}

function verdict(signature: ReportSignature | null): string {
  return signature === null ? '' : `, signature ${signature.verdict}`
}

function spelt(signature: ReportSignature | null, printed: Set<string>): string[] {
  if (signature === null || printed.has(signature.text)) return []
  printed.add(signature.text)
  return [`    ${signature.text}`]
}

/** The main content of a table. */
function tableSummary(name: string, values: JsonObject | null): string {
  if (values === null) return ''
  const list = (key: string): readonly JsonValue[] => {
    const value = values[key]
    return Array.isArray(value) ? value : []
  }
  const field = (item: JsonValue, key: string): string => {
    const value = typeof item === 'object' && item !== null && !Array.isArray(item) ? (item as JsonObject)[key] : null
    return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
  if (name === 'SLT')
    return `${list('services').length} ${list('services').length === 1 ? 'service' : 'services'}, bsid ${list('bsids').join(' ')}`
  if (name === 'SystemTime') return `TAI - UTC ${values.currentUtcOffset} s, local ${values.utcLocalOffset}`
  if (name === 'AEAT')
    return list('alerts')
      .map((alert) => `${field(alert, 'aeaType')} ${field(alert, 'aeaId')}`)
      .join(', ')
  if (name === 'OnscreenMessageNotification') return `${list('keepScreenClear').length} to be kept clear`
  if (name === 'SignedMultiTable')
    return list('tables')
      .map((table) => field(table, 'name'))
      .join(', ')
  if (name === 'CertificationData') {
    return list('certificates')
      .map((certificate) => `${field(certificate, 'subject')} until ${field(certificate, 'validTo').slice(0, 10)}`)
      .join('; ')
  }
  return ''
}

/** `SLS S-TSID stsid.xml`; a file table of FLUTE is no SLS, and has its type in its name. */
function labelOf(type: string, name: string): string {
  if (type === 'FDT') return name
  return name === type || name.startsWith(`${type} `) ? `SLS ${name}` : `SLS ${type} ${name}`
}
