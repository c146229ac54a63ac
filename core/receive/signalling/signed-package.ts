import type { ReportSignature } from '../../contract/report.ts'
import { cms } from '../../protocol/cms/cms.ts'
import { readSignedEntity, signedForms } from '../../protocol/mime/signed.ts'
import { VERDICT_RANK } from '../../protocol/signature-verdict.ts'
import type { TableContext } from '../context/contexts.ts'
import { reportSignature } from '../context/signatures.ts'
import { unpackWithin } from '../object/reading-work.ts'

/** Signatures around a package: its author's, and its distributor's (A/360 §5.2.1). */
const MAX_LAYERS = 3

/** A package without its signatures; `signature` is the worst verdict, null without any. */
export type UnwrappedPackage = { readonly bytes: Uint8Array; readonly signature: ReportSignature | null }

/**
 * Unwraps a package from S/MIME, and checks the signatures. The content is used whatever the verdict.
 * @param id the signed thing, for a signature whose certificate is missing
 * @param later receives the verdict once the certificate arrives
 * @throws CodecError `multipart-…`
 *  `gzip-…` where the wrapping is broken
 */
export function unwrapSigned(
  context: Pick<TableContext, 'limits' | 'signatures' | 'work'>,
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
    if (signature === null || VERDICT_RANK[report.verdict] > VERDICT_RANK[signature.verdict]) signature = report
    if (inside === null) return { bytes: new Uint8Array(0), signature }
    content = unpackWithin(context.work, inside, context.limits.unpackedBytes, timeUs)
  }
  return { bytes: content, signature }
}
