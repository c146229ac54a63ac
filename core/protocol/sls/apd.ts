import type { XmlElement } from '../../xml/xml-element.ts'
import { attr, descendants, uintAttr } from '../../xml/xml-element.ts'

/** Associated Procedure Description: how lost files are fetched over broadband. A/331 §7.1.7, 3GPP TS 26.346 §9.5. */
export type Apd = {
  /** `PostFileRepair`; null where absent. */
  readonly postFileRepair: {
    /** Seconds to wait after the end of a transmission. */
    readonly offsetTimeS: number
    /** Seconds over which receivers spread their requests; null where this required attribute is absent. */
    readonly randomTimePeriodS: number | null
    /** Servers, in the 3GPP form. */
    readonly serviceUris: readonly string[]
  } | null
}

/** Reads an APD from its parsed document; the root is `AssociatedProcedureDescription` in any case. */
export function readApd(root: XmlElement): Apd {
  const repair = descendants(root, 'PostFileRepair')[0] ?? descendants(root, 'postFileRepair')[0]
  if (repair === undefined) return { postFileRepair: null }
  return {
    postFileRepair: {
      offsetTimeS: uintAttr(repair, 'offsetTime') ?? 0,
      randomTimePeriodS: uintAttr(repair, 'randomTimePeriod'),
      serviceUris: ['serviceURI', 'ServiceURI'].flatMap((name) =>
        descendants(repair, name).map((uri) => uri.text || (attr(uri, 'uri') ?? '')),
      ),
    },
  }
}
