import { CodecError } from '../../bytes/codec-error.ts'
import type { Tsi } from '../../contract/ids.ts'
import { parseUint } from '../../xml/xml-element.ts'
import type { XmlTree } from '../../xml/xml-writer.ts'
import { type FecOti, parseOtiHex } from './oti.ts'
import { linearToi, parseToiExpression, type ToiExpression } from './toi-expression.ts'

/** Most protected objects read from one RepairFlow. */
const MAX_PROTECTED = 64
/** Longest maximumDelay accepted, ms. */
const MAX_DELAY_MS = 60_000

/** `RepairFlow/FECParameters`: what a repair flow protects, and how. A/331 A.4.3, RFC 9223 §4. */
export type FecParameters = {
  /** @fecOTI; null where absent or unreadable. */
  readonly oti: FecOti | null
  /** Latest repair packet after a source packet it protects, ms; 0 where absent. */
  readonly maximumDelayMs: number
  /** Percent, as announced. */
  readonly overheadPercent: number | null
  readonly minBufferBytes: number | null
  /** Objects of the (super-)object in order. */
  readonly protectedObjects: readonly ProtectedObject[]
  /** Parts that could not be read. */
  readonly faults: readonly string[]
}

/** `ProtectedObject`: one source object of each (super-)object. */
export type ProtectedObject = {
  /** Null: the channel that contains the RepairFlow. */
  readonly tsi: Tsi | null
  /** Destination of another session, from @sessionDescription; null: the same session. */
  readonly session: { readonly address: string; readonly port: number } | null
  readonly sourceToi: ToiExpression
  /** @fecTransportObjectSize: S, in symbols; null where it is derived from the object's length. */
  readonly symbols: number | null
}

/** Reads a RepairFlow element. Lists errors in `faults` and keeps the usable rest. */
export function readRepairFlow(flow: XmlTree): FecParameters {
  const faults: string[] = []
  const parameters = below(flow, 'FECParameters')[0] ?? flow
  const elements = below(flow, 'ProtectedObject').slice(0, MAX_PROTECTED)
  const objects = elements.map((object, at) => readObject(object, at + 1, faults)).filter((object) => object !== null)
  return {
    oti: readOti(attribute(parameters, 'fecOTI'), faults),
    maximumDelayMs: Math.min(MAX_DELAY_MS, parseUint(attribute(parameters, 'maximumDelay')) ?? 0),
    overheadPercent: parseUint(attribute(parameters, 'overhead')),
    minBufferBytes: parseUint(attribute(parameters, 'minBuffSize')),
    // Each has its place in the (super-)object: without one of them the others cannot be decoded.
    protectedObjects: objects.length < elements.length ? [] : objects,
    faults,
  }
}

function readOti(text: string | null, faults: string[]): FecOti | null {
  if (text === null || text.trim() === '') return null
  return tried(faults, () => parseOtiHex(text))
}

/** Null where its TSI or size is no number: what it would protect instead is not meant. */
function readObject(object: XmlTree, number: number, faults: string[]): ProtectedObject | null {
  const description = attribute(object, 'sessionDescription')
  const tsi = attribute(object, 'tsi')
  const symbols = attribute(object, 'fecTransportObjectSize')
  for (const text of [tsi, symbols]) {
    if (text === null || parseUint(text) !== null) continue
    faults.push(`ProtectedObject ${number}: "${text.slice(0, 40)}" is no number`)
    return null
  }
  return {
    tsi: parseUint(tsi) as Tsi | null,
    session: description === null ? null : readSession(description, faults),
    sourceToi: readSourceToi(object, faults),
    symbols: parseUint(symbols, 0xffff_ffff),
  }
}

/** The schema has @sourceTOI, the text of 2019 a child SourceTOI with @x and @y. */
function readSourceToi(object: XmlTree, faults: string[]): ToiExpression {
  const text = attribute(object, 'sourceTOI')
  if (text !== null && text.trim() !== '') {
    const expression = tried(faults, () => parseToiExpression(text))
    if (expression !== null) return expression
  }
  const element = below(object, 'SourceTOI')[0]
  if (element === undefined) return linearToi(1, 0)
  return linearToi(parseUint(attribute(element, 'x')) ?? 1, parseUint(attribute(element, 'y')) ?? 0)
}

/** Reads `sIpaddr=…,dIpaddr=…,dport=…`; the URL of another description is not followed. */
function readSession(description: string, faults: string[]): ProtectedObject['session'] {
  let address: string | null = null
  let port: number | null = null
  for (const pair of description.split(',')) {
    const [name = '', value = ''] = pair.split('=', 2).map((part) => part.trim())
    if (name.toLowerCase() === 'dipaddr') address = value
    else if (name.toLowerCase() === 'dport') port = parseUint(value, 65_535)
  }
  if (address !== null && address !== '' && port !== null) return { address, port }
  faults.push(`sessionDescription "${description.slice(0, 80)}" gives no dIpaddr and dport`)
  return null
}

function tried<T>(faults: string[], read: () => T): T | null {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    faults.push(thrown.message)
    return null
  }
}

function attribute(element: XmlTree, local: string): string | null {
  for (const each of element.attributes) if (each.local === local) return each.value
  return null
}

/** All descendants with this local name, in document order. */
function below(element: XmlTree, local: string): XmlTree[] {
  const found: XmlTree[] = []
  const walk = (parent: XmlTree): void => {
    for (const each of parent.children) {
      if (each.name.slice(each.name.indexOf(':') + 1) === local) found.push(each)
      walk(each)
    }
  }
  walk(element)
  return found
}
