import type { ReportSignature } from '../../contract/report.ts'
import { BoundedMap, dropOldest } from '../../flow/bounded-map.ts'
import type { SignerCertificate } from '../../protocol/cms/certificate.ts'
import { cms } from '../../protocol/cms/cms.ts'
import type { Verdict } from '../../protocol/cms/signed-data.ts'

/** Bound on certificates; a station has a handful. */
const MAX_CERTIFICATES = 128
/** Bound on signatures without their certificate. */
const MAX_WAITING = 64
const MAX_WAITING_BYTES = 4 << 20
/** Captures with times before 2000 have no clock to check a certificate against. */
export const YEAR_2000_US = 946_684_800e6

type Waiting = { readonly bytes: number; readonly retry: () => boolean }

/**
 * Certificates in the signalling (CertificationData), and the signatures that name them, in either order of arrival. No
 * trust list: a signature is good where digest, key and chain agree.
 */
export class Signatures {
  readonly #certificates = new BoundedMap<string, SignerCertificate>(MAX_CERTIFICATES)
  readonly #waiting = new Map<string, Waiting>()
  #waitingBytes = 0

  /** Stores certificates, and checks the signatures waiting for them. */
  add(certificates: readonly SignerCertificate[]): void {
    let news = false
    for (const each of certificates) {
      const id = `${each.issuerDer}/${each.serial}/${each.subjectKeyId}`
      if (this.#certificates.has(id)) continue
      news = true
      this.#certificates.set(id, each)
    }
    if (!news) return
    for (const [id, waiting] of [...this.#waiting]) {
      if (!waiting.retry()) continue
      this.#waiting.delete(id)
      this.#waitingBytes -= waiting.bytes
    }
  }

  /**
   * Checks a signature over content, any form of which may match.
   * @param later receives the verdict once the certificate arrives, where it is missing now
   */
  check(
    id: string,
    signature: Uint8Array,
    contents: readonly Uint8Array[],
    later: (verdict: Verdict) => void,
  ): Verdict {
    const { readSignedData, checkSignature } = cms()
    const read = readSignedData(signature)
    const known = [...this.#certificates.values()]
    const verdict = checkSignature(read, contents, known)
    if (verdict.verdict === 'unchecked' && read !== null) this.#wait(id, signature, contents, later)
    return verdict
  }

  #wait(id: string, signature: Uint8Array, contents: readonly Uint8Array[], later: (verdict: Verdict) => void): void {
    // A waiting signature outlives its datagram.
    const kept = { signature: signature.slice(), contents: contents.map((each) => each.slice()) }
    const bytes = contents.reduce((sum, each) => sum + each.length, signature.length)
    if (bytes > MAX_WAITING_BYTES) return
    const retry = (): boolean => {
      const { readSignedData, checkSignature } = cms()
      const verdict = checkSignature(readSignedData(kept.signature), kept.contents, [...this.#certificates.values()])
      if (verdict.verdict === 'unchecked') return false
      later(verdict)
      return true
    }
    this.#waitingBytes += bytes - (this.#waiting.get(id)?.bytes ?? 0)
    this.#waiting.delete(id)
    this.#waiting.set(id, { bytes, retry })
    while (this.#waiting.size > MAX_WAITING || this.#waitingBytes > MAX_WAITING_BYTES) {
      const oldest = dropOldest(this.#waiting)
      this.#waitingBytes -= oldest?.bytes ?? 0
    }
  }
}

/** Makes a verdict for the report, with the certificate's validity at stream time. */
export function reportSignature(verdict: Verdict, timeUs: number): ReportSignature {
  const { signer } = verdict
  const judged = signer !== null && timeUs >= YEAR_2000_US
  const dates =
    judged && timeUs > signer.validToUs
      ? ' The certificate had expired when this was received.'
      : judged && timeUs < signer.validFromUs
        ? ' The certificate was not valid yet when this was received.'
        : ''
  return {
    verdict: verdict.verdict,
    text: `${verdict.text}${dates}`,
    signer: signer?.subject ?? null,
    issuer: signer?.issuer ?? null,
    validFrom: signer === null ? null : signer.validFromUs / 1e6,
    validTo: signer === null ? null : signer.validToUs / 1e6,
    algorithm: verdict.algorithm,
    signingTime: verdict.signingTimeUs === null ? null : verdict.signingTimeUs / 1e6,
    chain: verdict.chain,
  }
}
