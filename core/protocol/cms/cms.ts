import type { checkSignature, readCertificate, readSignedData } from './signed-data.ts'
import loadCms from './signed-data.ts?lazy'

/** Signatures and certificates. Loaded on the first call: the ASN.1 reader is large, and few signals are signed. */
export const cms = loadCms as () => {
  readonly checkSignature: typeof checkSignature
  readonly readCertificate: typeof readCertificate
  readonly readSignedData: typeof readSignedData
}
