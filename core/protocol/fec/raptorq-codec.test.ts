import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex } from '../../bytes/hex.ts'
import { sha256 } from '../../testing/program.ts'
import { recoveryTrial } from '../../testing/raptorq-trial.ts'
import { decodeBlock, encodeBlock } from './raptorq-codec.ts'
import { paddedSymbols } from './raptorq-k.ts'

function source(bytes: number): Uint8Array {
  const data = new Uint8Array(bytes)
  for (let i = 0; i < bytes; i++) data[i] = (i * 131 + (i >> 8) * 7 + 13) & 0xff
  return data
}

/** All source symbols but `lost`, and the first `repairs` repair symbols. */
function survivors(k: number, symbolBytes: number, data: Uint8Array, lost: ReadonlySet<number>, repairs: number) {
  const repair = encodeBlock(k, symbolBytes, data, repairs)
  const ids: number[] = []
  const parts: Uint8Array[] = []
  for (let i = 0; i < k; i++) {
    if (lost.has(i)) continue
    ids.push(i)
    parts.push(data.subarray(i * symbolBytes, (i + 1) * symbolBytes))
  }
  for (let i = 0; i < repairs; i++) {
    ids.push(k + i)
    parts.push(repair.subarray(i * symbolBytes, (i + 1) * symbolBytes))
  }
  return { ids, bytes: new Uint8Array(Buffer.concat(parts)) }
}

describe('K prime', () => {
  it('is the next entry of RFC 6330 table 2', () => {
    const facts = [
      [1, 10],
      [10, 10],
      [11, 12],
      [17, 18],
      [141, 149],
      [149, 149],
      [150, 153],
      [56_402, 56_403],
      [56_403, 56_403],
    ] as const
    for (const [k, padded] of facts) expect(paddedSymbols(k), `K ${k}`).toBe(padded)
    for (const k of [0, -1, 56_404, Number.NaN]) expect(paddedSymbols(k)).toBe(-1)
  })
})

describe('one source block', () => {
  // K with and without padding; T that suits the library, is too short for it, and is not a multiple of 8.
  it.each([
    [1, 1],
    [10, 64],
    [17, 1],
    [17, 63],
    [26, 1448],
    [141, 1028],
    [153, 100],
    [500, 1440],
  ])('of %i symbols of %i bytes is restored', (k, symbolBytes) => {
    const data = source(k * symbolBytes)
    const lost = new Set([0, Math.floor(k / 2), k - 1])
    const symbols = survivors(k, symbolBytes, data, lost, lost.size + 3)
    const decoded = decodeBlock(k, symbolBytes, symbols)
    expect(decoded !== null && Buffer.compare(decoded, data)).toBe(0)
  })

  it("is split into columns beyond the library's working memory", () => {
    const k = 2000
    const symbolBytes = 9000 // 18 MB: three slices
    const data = source(k * symbolBytes)
    const decoded = decodeBlock(k, symbolBytes, survivors(k, symbolBytes, data, new Set([0, 3, 1999]), 5))
    expect(decoded !== null && Buffer.compare(decoded, data)).toBe(0)
  })

  it('is not decoded from fewer than K symbols', () => {
    const data = source(20 * 64)
    expect(decodeBlock(20, 64, survivors(20, 64, data, new Set([1, 2, 3]), 2))).toBeNull()
    // A repeated symbol counts once.
    const twice = survivors(20, 64, data, new Set([1]), 0)
    const ids = [...twice.ids, 0]
    expect(decodeBlock(20, 64, { ids, bytes: Buffer.concat([twice.bytes, data.subarray(0, 64)]) })).toBeNull()
  })

  it('refuses sizes that would trap the library, and keeps working', () => {
    const symbols = { ids: [0], bytes: new Uint8Array(8) }
    for (const [k, symbolBytes] of [
      [0, 8],
      [56_404, 8],
      [1, 0],
      [1, 65_536],
      [1, 9],
    ] as const) {
      expect(() => decodeBlock(k, symbolBytes, symbols)).toThrow(CodecError)
    }
    expect(() => decodeBlock(1, 8, { ids: [0xff_ffff], bytes: new Uint8Array(8) })).toThrow(CodecError)
    expect(decodeBlock(1, 8, symbols)).toEqual(new Uint8Array(8))
  })
})

describe('repair symbols', () => {
  // First repair symbol of `source(k * T)`, made by an independent implementation in C.
  it.each([
    [1, 8, '0d901396199c1fa2'],
    [10, 16, '29a9bf84c8f3e5ffdf889ea5ae9583d4'],
    [17, 8, 'bfa89ffeb7d6e1a1'],
    [26, 8, '30684ac16de6c4a7'],
    [141, 8, 'a43c65305e9c24e1'],
    [700, 8, '4173dae7674ab660'],
    [1000, 16, '3d90d5368509edd94cd146159cb51072'],
    [5000, 8, '647d86a2585c878f'],
  ])('of %i symbols of %i bytes are those of others', (k, symbolBytes, expected) => {
    expect(bytesToHex(encodeBlock(k, symbolBytes, source(k * symbolBytes), 1))).toBe(expected)
  })

  // SHA-256 of that many repair symbols of `source(k * T)`, made by OpenRQ, an independent implementation in Java. It reduces
  // exponents of alpha by 256 in GAMMA, where the order of alpha is 255 (RFC 6330 §5.7.2): mended for K' + S > 255, the last three.
  it.each([
    [1, 64, 20, 'ae2e3e18d37bdc520472c9aa8ba723d0c0f354f6b4461a4eea3eed010582e40f'],
    [2, 4, 20, 'd7da524187b42f4de84563afca3ed80b993fa4eb8511e81c72cb9904f199ca6c'],
    [11, 8, 20, 'c9b06b47dbff36f2169e91cec1df589800a90228a3617e1c24a528826074efa7'],
    [17, 63, 20, '5ad8f1edcd03a125ba31180f53fc5624bf5543c10f269798675e10e286c7e1cd'],
    [18, 1, 20, '9db2107e4754bcb47a2014e7c0553ea36e247c55db90984a5543ed5a40a85a06'],
    [26, 1448, 20, '1d1bdaa6154f16e438d8ee150d51d0828d3bbef8964b658d01b863aa0fc53ccb'],
    [153, 100, 20, '562ce6c7df009ee20eff38f1ff29e8fd7b59787f76a3f9cf4bfb69c3a99c966a'],
    [248, 1448, 24, 'e3fc257a8a98acff69cb21209e1e0e1bea8864377e1a6c12ef3e27ee004592ce'],
    [1002, 256, 100, 'e8ce25df0920c65a71619bb8773325d42d827e12f85dc5465bf7b41f49262b9f'],
    [3000, 16, 300, '0a9336d21c22992749e82a4863202231e05080322d261c94f7bdf350fb9f40cd'],
  ])('of %i symbols of %i bytes, the first %i, are those of others', (k, symbolBytes, count, expected) => {
    expect(sha256(encodeBlock(k, symbolBytes, source(k * symbolBytes), count))).toBe(expected)
  })
})

describe('any K + 2 symbols', () => {
  it('restore the block in 999 of 1000 losses', () => {
    const { trials, recovered, wrong } = recoveryTrial(10_000, 1)
    expect(wrong).toBe(0)
    expect(recovered / trials).toBeGreaterThanOrEqual(0.999)
  })
})
