import { type HostileDatagram, type HostileKind, route } from './hostile-kind.ts'
import { fdtInstance, ftiOfBlocks, lctPacket } from './hostile-packets.ts'

/** FLUTE senders: tables of any number and with any length. */
export const HOSTILE_FLUTE: readonly HostileKind[] = [
  {
    name: 'FLUTE without tables',
    protocol: 'flute',
    first: hugeFiles,
    next: (_, below) =>
      route({ psi: 0, codepoint: 0, tsi: below(256), toi: 1 + below(2 ** 31), place: below(2 ** 32), body: 20 }),
  },
  {
    name: 'FDT instances of any number',
    protocol: 'flute',
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 0,
        extensions: [...fdtInstance(number & 0xf_ffff), ...ftiOfBlocks(0, 1 + below(1 << 28), 1000, 65_535)],
        body: 20,
      }),
  },
  {
    name: 'FDTs of one file',
    protocol: 'flute',
    next: (number) => {
      const file = `<File TOI="${number + 1}" Content-Location="f${number}" Content-Length="20"/>`
      const fdt = Buffer.from(`<FDT-Instance Expires="4294967295">${file}</FDT-Instance>`)
      const extensions = [...fdtInstance(number & 0xf_ffff), ...ftiOfBlocks(0, fdt.length, 1400, 64)]
      const header = lctPacket({ psi: 0, codepoint: 0, tsi: 1, toi: 0, extensions, body: 0 })
      return { bytes: new Uint8Array(Buffer.concat([header, fdt])) }
    },
  },
  {
    name: 'an FDT of huge lengths',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({ psi: 0, codepoint: 0, tsi: 1, toi: 1 + (number % 1000), place: below(1 << 16), body: 20 }),
  },
]

/** An FDT whose files have absurd lengths and layouts. */
export function hugeFiles(): HostileDatagram[] {
  const files = Array.from(
    { length: 1000 },
    (_, at) => `<File TOI="${at + 1}" Content-Location="f${at}" Content-Length="${2 ** (20 + (at % 33))}"/>`,
  ).join('')
  const fdt = Buffer.from(
    `<FDT-Instance xmlns="urn:IETF:metadata:2005:FLUTE:FDT" Expires="4294967295" FEC-OTI-FEC-Encoding-ID="0" FEC-OTI-Maximum-Source-Block-Length="65535" FEC-OTI-Encoding-Symbol-Length="1000">${files}</FDT-Instance>`,
  )
  const datagrams: HostileDatagram[] = []
  for (let at = 0; at < fdt.length; at += 1000) {
    const extensions = [...fdtInstance(1), ...ftiOfBlocks(0, fdt.length, 1000, 65_535)]
    const header = lctPacket({ psi: 0, codepoint: 0, tsi: 1, toi: 0, extensions, place: at / 1000, body: 0 })
    datagrams.push({ bytes: new Uint8Array(Buffer.concat([header, fdt.subarray(at, at + 1000)])) })
  }
  return datagrams
}
