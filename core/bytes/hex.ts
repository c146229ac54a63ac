import { CodecError } from './codec-error.ts'

/** Bytes of a hex text; spaces, line ends and `|` between digits are skipped. @throws CodecError `hex` */
export function hexToBytes(text: string): Uint8Array {
  const digits = text.replace(/[\s|]+/g, '')
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new CodecError('hex', 0, `"${text.slice(0, 40)}" is not pairs of hex digits`)
  }
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16)
  return bytes
}

/** Lower-case hex of `bytes`, with `separator` between the bytes. */
export function bytesToHex(bytes: Uint8Array, separator = ''): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) {
    if (i > 0) text += separator
    text += (bytes[i] as number).toString(16).padStart(2, '0')
  }
  return text
}
