/** Signs the signalling of a broadcast, for receivers that check who sent it (A/360 §5.2.2). */
export type TableSigner = {
  /**
   * CMS SignedData over the content, without it, in DER.
   * @param withCertificates for what no CertificationData goes with
   */
  sign(content: Uint8Array, withCertificates: boolean): Uint8Array
  /** Of its signatures, as S/MIME names it: `sha-256`. */
  readonly digestName: string
  /** In DER, authorities first and without the root, the signer's own last. */
  readonly certificates: readonly Uint8Array[]
  /** Identifier of the key in the signer's certificate. */
  readonly keyId: Uint8Array
}
