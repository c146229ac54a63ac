/** A parser of bytes from the network, with valid inputs of each form. */
export type FuzzedParser = {
  /** Name of the exported function. */
  readonly name: string
  readonly samples: readonly Uint8Array[]
  readonly parse: (bytes: Uint8Array) => unknown
}
