import { base64Bytes, latin1Text } from '#platform'

/**
 * Decodes a Content-Transfer-Encoding (RFC 2045 §6): base64 or quoted-printable; bytes of any other are returned unchanged.
 * Characters outside the encoding are skipped.
 */
export function decodeTransfer(bytes: Uint8Array, encoding: string | null): Uint8Array {
  const name = encoding?.trim().toLowerCase()
  if (name === 'base64') return base64Bytes(latin1Text(bytes))
  if (name === 'quoted-printable') return unquoted(bytes)
  return bytes
}

function unquoted(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes.length)
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number
    if (byte !== 0x3d) {
      out[to++] = byte
      continue
    }
    // `=` at the end of a line joins it to the next.
    if (bytes[at + 1] === 0x0a) at += 1
    else if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) at += 2
    else {
      const value = Number.parseInt(latin1Text(bytes.subarray(at + 1, at + 3)), 16)
      if (Number.isNaN(value)) out[to++] = byte
      else {
        out[to++] = value
        at += 2
      }
    }
  }
  return out.subarray(0, to)
}
