/**
 * The only error a codec throws: bytes or text from the network do not follow the format. `code` is stable and counted
 * (`lct-truncated`); `offset` is the byte (in text: character) of the fault.
 */
export class CodecError extends Error {
  readonly code: string
  readonly offset: number

  constructor(code: string, offset: number, message: string) {
    super(message)
    this.name = 'CodecError'
    this.code = code
    this.offset = offset
  }
}
