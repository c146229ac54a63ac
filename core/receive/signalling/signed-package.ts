import type { ReportSignature } from '../../contract/report.ts'
import { cms } from '../../protocol/cms/cms.ts'
import { gunzipIfGzip } from '../../protocol/gzip.ts'
import { readSignedEntity, signedForms } from '../../protocol/mime/signed.ts'
import type { TableContext } from '../context/contexts.ts'
import { reportSignature } from '../context/signatures.ts'

/** An application may be signed by its author and again by its distributor (A/360 §5.2.1). */
const MAX_LAYERS = 3

/** A package taken out of its signatures; `signature` is the worst of their verdicts, null where there was none. */
export type UnwrappedPackage = { readonly bytes: Uint8Array; readonly signature: ReportSignature | null }

const RANK = { good: 0, unchecked: 1, bad: 2 } as const

/**
 * Takes a package out of S/MIME, where it is in it, and checks the signatures. What is inside is used whatever the verdict.
 * @param id what is signed, for one that waits for its certificate
 * @param later told of the verdict once that has come
 * @throws CodecError `multipart-…` | `gzip-…` where the wrapping is broken
 */
export function unwrapSigned(
  context: Pick<TableContext, 'limits' | 'signatures'>,
  id: string,
  bytes: Uint8Array,
  timeUs: number,
  later: (signature: ReportSignature) => void,
): UnwrappedPackage {
  let content = bytes
  let signature: ReportSignature | null = null
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const entity = readSignedEntity(content)
    if (entity === null) break
    const inside = entity.content ?? cms().readSignedData(entity.signature)?.content ?? null
    const forms = inside === null ? [] : entity.content === null ? [inside] : signedForms(inside)
    const verdict = context.signatures.check(`${id}/${layer}`, entity.signature, forms, (changed) =>
      later(reportSignature(changed, timeUs)),
    )
    const report = reportSignature(verdict, timeUs)
    if (signature === null || RANK[report.verdict] > RANK[signature.verdict]) signature = report
    if (inside === null) return { bytes: new Uint8Array(0), signature }
    content = gunzipIfGzip(inside, context.limits.unpackedBytes)
  }
  return { bytes: content, signature }
}
