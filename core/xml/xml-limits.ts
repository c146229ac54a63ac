/** Limits of one document. */
export type XmlLimits = {
  /** Characters of text. */
  readonly maxLength: number
  readonly maxDepth: number
  readonly maxElements: number
  readonly maxAttributes: number
}

/**
 * Limits of any XML from outside. An SLS fragment has a few kilobytes, an MPD of a day of one-second segments 90 000 elements
 * in four megabytes.
 */
export const XML_LIMITS: XmlLimits = { maxLength: 8 << 20, maxDepth: 128, maxElements: 131_072, maxAttributes: 256 }

/** A document exceeds its limits: what there is too much of, and how much is allowed. */
export type XmlExcess = { readonly code: 'xml-too-long' | 'xml-too-deep' | 'xml-too-many'; readonly message: string }

/** @returns what an element exceeds, null where it is allowed */
export function xmlExcess(
  limits: XmlLimits,
  elements: number,
  depth: number,
  attributes: number,
  name: string,
): XmlExcess | null {
  if (elements > limits.maxElements)
    return { code: 'xml-too-many', message: `more than ${limits.maxElements} elements` }
  if (depth > limits.maxDepth)
    return { code: 'xml-too-deep', message: `elements are nested deeper than ${limits.maxDepth}` }
  if (attributes > limits.maxAttributes)
    return { code: 'xml-too-many', message: `more than ${limits.maxAttributes} attributes on ${name.slice(0, 60)}` }
  return null
}
