import { CodecError } from '../../bytes/codec-error.ts'

/** Runs a parser on any bytes. @returns what is wrong in its behaviour, or null */
export function complaintOf(parse: (bytes: Uint8Array) => unknown, bytes: Uint8Array): string | null {
  const before = bytes.slice()
  try {
    parse(bytes)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) return `threw ${thrown instanceof Error ? thrown.stack : String(thrown)}`
    if (thrown.code === '' || !Number.isInteger(thrown.offset) || thrown.offset < 0) {
      return `threw a CodecError without a place: ${thrown.code} at ${thrown.offset}`
    }
    if (thrown.message === '') return `threw a CodecError without words: ${thrown.code}`
  }
  if (Buffer.compare(before, bytes) !== 0) return 'changed its input'
  return null
}
