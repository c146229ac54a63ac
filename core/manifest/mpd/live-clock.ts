import type { TextEdits } from './text-edits.ts'
import { parseXsDateTime, serialiseXsDateTime } from './time.ts'
import { escapeXmlText, type SourceElement, sourceAttribute, sourceChildren } from './xml-source.ts'

/** Elements before UTCTiming, from Period on (ISO/IEC 23009-1 §5.3.1.3). */
const BEFORE_CLOCK = ['Period', 'Metrics', 'EssentialProperty', 'SupplementalProperty']

/** Makes a clock the MPD's only one, at its place in the schema. */
export function pointClock(edits: TextEdits, root: SourceElement, url: string): void {
  const prefix = root.qualifiedName.slice(0, -root.name.length)
  const timing = `<${prefix}UTCTiming schemeIdUri="urn:mpeg:dash:utc:http-xsdate:2014" value="${escapeXmlText(url)}"/>`
  const [first, ...others] = sourceChildren(root, 'UTCTiming')
  const before = root.children.filter((child) => BEFORE_CLOCK.includes(child.name)).at(-1)
  if (first !== undefined) edits.replaceElement(first, timing)
  else if (before !== undefined) edits.insertAfter(before, timing)
  else edits.insertLast(root, timing)
  for (const other of others) edits.replaceElement(other, '')
}

/** Shifts the absolute times of a dynamic MPD, by element and attribute. Period starts are relative and need no change. */
export function shiftTimes(edits: TextEdits, root: SourceElement, byUs: number): void {
  for (const name of ['availabilityStartTime', 'availabilityEndTime', 'publishTime'])
    shiftAttribute(edits, root, name, byUs)
  const walk = (element: SourceElement): void => {
    // The clock from which a low-latency player measures its latency (§5.12).
    if (element.name === 'ProducerReferenceTime') shiftAttribute(edits, element, 'wallClockTime', byUs)
    for (const child of element.children) walk(child)
  }
  walk(root)
}

function shiftAttribute(edits: TextEdits, element: SourceElement, name: string, byUs: number): void {
  const text = sourceAttribute(element, name)
  // A wall clock in another form than a date (NTP seconds) is kept.
  if (text === null || !/^-?\d{4,}-/.test(text.trim())) return
  edits.setAttribute(element, name, serialiseXsDateTime(toMs(parseXsDateTime(text) + byUs)))
}

/** Players read dates to the millisecond: rounding up avoids requests that are too early. */
const toMs = (us: number): number => Math.ceil(us / 1000) * 1000
