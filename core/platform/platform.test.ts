import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as browser from './browser.ts'
import { crc32 } from './inflate.ts'
import * as node from './node.ts'
import type { HashName, PackedForm } from './types.ts'

/** The functions of both runtimes; the common type is part of the test. */
const platforms: readonly (typeof node)[] = [node, browser]
const HASHES: readonly HashName[] = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512']
const PACK = { gzip: gzipSync, zlib: deflateSync, deflate: deflateRawSync } as const
const FORMS = Object.keys(PACK) as PackedForm[]

/** Random bytes, and bytes that pack well. */
const content = fc.oneof(
  fc.uint8Array({ maxLength: 600 }),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 900 }))
    .map(([part, times]) =>
      Uint8Array.from({ length: part.length * times }, (_, at) => part[at % part.length] as number),
    ),
)

/** The unpacked bytes as text, or why unpacking fails. */
function outcome(platform: typeof node, form: PackedForm, bytes: Uint8Array, maxBytes: number): string {
  try {
    return `bytes ${node.latin1Text(platform.unpack(form, bytes, maxBytes))}`
  } catch (thrown) {
    if (!(thrown instanceof platform.UnpackError)) throw thrown
    return thrown.reason
  }
}

/** Checks that both runtimes return the same for all inputs. */
function agree<T>(inputs: fc.Arbitrary<T>, call: (platform: typeof node, input: T) => unknown): void {
  fc.assert(
    fc.property(inputs, (input) => {
      expect(call(browser, input)).toEqual(call(node, input))
    }),
  )
}

describe('the two platforms', () => {
  it('have the same functions', () => {
    expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort())
  })

  it('digest alike, in one call and in pieces', () => {
    agree(fc.tuple(fc.constantFrom(...HASHES), content, fc.nat(600)), (platform, [name, bytes, cut]) => {
      const parts = platform.newHash(name).update(bytes.subarray(0, cut)).update(bytes.subarray(cut)).digest()
      const whole = platform.hashOf(name, bytes)
      expect(platform.hexText(parts)).toBe(platform.hexText(whole))
      return platform.hexText(whole)
    })
  })

  it('sum alike, in one call and in pieces', () => {
    agree(fc.tuple(content, fc.nat(600)), (platform, [bytes, cut]) => {
      const sum = platform.checksum32(bytes)
      expect(platform.checksum32(bytes.subarray(cut), platform.checksum32(bytes.subarray(0, cut)))).toBe(sum)
      return sum
    })
  })

  it.each(FORMS)('unpack %s to the same original bytes', (form) => {
    const inputs = fc.tuple(content, fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 3 }))
    agree(inputs, (platform, [bytes, level, tail]) => {
      const packed = new Uint8Array(Buffer.concat([PACK[form](bytes, { level }), tail]))
      const got = outcome(platform, form, packed, 1 << 20)
      // In gzip only a zero byte is padding; any other would start another member.
      if (form !== 'gzip' || (tail[0] ?? 0) === 0) expect(got).toBe(`bytes ${node.latin1Text(bytes)}`)
      return got
    })
  })

  it.each(FORMS)('report alike that %s is truncated or too large', (form) => {
    agree(fc.tuple(content, fc.nat()), (platform, [bytes, cut]) => {
      const packed = new Uint8Array(PACK[form](bytes))
      const short = packed.subarray(0, cut % packed.length)
      return [outcome(platform, form, short, 1 << 20), outcome(platform, form, packed, bytes.length - 1)]
    })
  })

  it.each(FORMS)('refuse damaged %s instead of returning other bytes', (form) => {
    fc.assert(
      fc.property(content, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, place, change) => {
        const packed = Uint8Array.from(PACK[form](bytes))
        const at = place % packed.length
        packed[at] = (packed[at] as number) ^ change
        const [first, second] = platforms.map((platform) => outcome(platform, form, packed, 1 << 20))
        // With two faults, one runtime may report the end and the other the damage.
        if (first?.startsWith('bytes ') || second?.startsWith('bytes ')) expect(second).toBe(first)
      }),
    )
  })

  it('pack to gzip that the other unpacks', () => {
    fc.assert(
      fc.property(fc.oneof(content, fc.constant(new Uint8Array(70_000).fill(7))), (bytes) => {
        expect(outcome(node, 'gzip', browser.gzip(bytes), 1 << 20)).toBe(`bytes ${node.latin1Text(bytes)}`)
        expect(outcome(browser, 'gzip', node.gzip(bytes), 1 << 20)).toBe(`bytes ${node.latin1Text(bytes)}`)
      }),
    )
  })

  it('read several gzip members alike', () => {
    const members = Buffer.concat([gzipSync('one '), gzipSync('two')])
    for (const platform of platforms) expect(platform.latin1Text(platform.unpack('gzip', members, 100))).toBe('one two')
  })

  it('turn bytes to text alike', () => {
    agree(fc.uint8Array({ maxLength: 20_000 }), (platform, bytes) => [
      platform.latin1Text(bytes),
      platform.utf16Text(bytes, true),
      platform.utf16Text(bytes, false),
      platform.base64Text(bytes),
      platform.hexText(bytes),
    ])
  })

  it('read base64 alike, with any characters in it', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AZaz09+/-_= \n.'), maxLength: 60 })
    agree(text, (platform, base64) => platform.base64Bytes(base64))
    agree(fc.uint8Array(), (platform, bytes) => platform.base64Bytes(node.base64Text(bytes)))
  })

  it('compare and find bytes alike', () => {
    const few = fc.uint8Array({ max: 2, maxLength: 40 })
    agree(
      fc.tuple(few, fc.uint8Array({ max: 2, minLength: 1, maxLength: 4 }), fc.nat(50)),
      (platform, [bytes, part, from]) => [
        platform.indexOfBytes(bytes, part),
        platform.indexOfBytes(bytes, part, from),
        platform.sameBytes(bytes, part),
        platform.sameBytes(bytes, bytes.slice()),
      ],
    )
  })

  it('copy to and from shared memory', () => {
    const places = fc.record({ at: fc.nat(9), from: fc.nat(9), length: fc.nat(70), toShared: fc.boolean() })
    agree(places, (platform, { at, from, length, toShared }) => {
      const memory = (shared: boolean): Uint8Array =>
        new Uint8Array(shared ? new SharedArrayBuffer(90) : new ArrayBuffer(90))
      const [source, target] = [memory(!toShared), memory(toShared)]
      for (let index = 0; index < 90; index++) source[index] = index + 1
      platform.copyShared(target, at, source.subarray(from, from + length))
      const wanted = Array.from({ length: 90 }, (_, index) =>
        index >= at && index < at + length ? from + index - at + 1 : 0,
      )
      expect([...target]).toEqual(wanted)
      return [...target]
    })
    for (const platform of platforms)
      expect(() => platform.copyShared(new Uint8Array(9), 1, new Uint8Array(9))).toThrow(RangeError)
  })

  it('allocate memory that is not shared', () => {
    for (const platform of platforms) {
      const bytes = platform.allocate(100)
      expect([bytes.length, bytes.buffer.byteLength]).toEqual([100, 100])
    }
  })
})

describe('crc32', () => {
  it("matches the catalogue's check value", () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926)
  })
})
