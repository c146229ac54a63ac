import { bytesToHex } from '../bytes/hex.ts'
import type { JsonObject, JsonValue } from '../contract/report.ts'
import type { XmlAttribute, XmlElement } from '../xml/xml-element.ts'

/** Most elements and attributes shown as values; a larger document is shown as text only. */
const MAX_VALUES = 400_000

/**
 * Decoded values as plain JSON for the report: bytes become hex; unknown attributes become one object of name and value, left
 * out when empty.
 */
export function toJson(value: unknown): JsonValue {
  if (Array.isArray(value)) return value.map(toJson)
  if (value instanceof Uint8Array) return bytesToHex(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return (value ?? null) as JsonValue
  const out: Record<string, JsonValue> = {}
  for (const [name, each] of Object.entries(value)) {
    if (name !== 'otherAttributes') out[name] = toJson(each)
    else if ((each as readonly XmlAttribute[]).length > 0) out[name] = namesAndValues(each as readonly XmlAttribute[])
  }
  return out
}

function namesAndValues(attributes: readonly XmlAttribute[]): JsonObject {
  const out = plainObject()
  for (const { name, value } of attributes) out[name] = value
  return out
}

/**
 * Any XML document as JSON, for tables and fragments without a parser: attributes and children by local name (a list where
 * there are several). Text is `text`; an element with text only is a string. A name that is both attribute and child gets `@`
 * for the attribute.
 * @returns null where the document has too many parts
 */
export function xmlValues(root: XmlElement): JsonObject | null {
  let left = MAX_VALUES
  const read = (element: XmlElement): JsonValue => {
    const attributes = element.attributes.filter(({ name }) => name !== 'xmlns' && !name.startsWith('xmlns:'))
    left -= 1 + attributes.length
    if (attributes.length === 0 && element.children.length === 0) return element.text
    const out = plainObject()
    const children = new Map<string, XmlElement[]>()
    for (const each of element.children) {
      const same = children.get(each.local)
      if (same === undefined) children.set(each.local, [each])
      else same.push(each)
    }
    for (const { local, value } of attributes) out[children.has(local) ? `@${local}` : local] = value
    if (element.text !== '') out.text = element.text
    for (const [name, same] of children) {
      if (left < 0) break
      const only = same.length === 1 ? same[0] : undefined
      out[name] = only === undefined ? same.map(read) : read(only)
    }
    return out
  }
  const values = { [root.local]: read(root) }
  return left < 0 ? null : values
}

/** Object without prototype keys: names are from the network, and `__proto__` is a valid one. */
function plainObject(): Record<string, JsonValue> {
  return Object.create(null) as Record<string, JsonValue>
}
