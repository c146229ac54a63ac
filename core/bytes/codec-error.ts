/**
 * What a codec throws, and the only thing it throws: bytes or text from the network are not what the format says.
 * `code` is stable and counted (`lct-truncated`), `offset` is the byte (in text: character) where it went wrong.
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
