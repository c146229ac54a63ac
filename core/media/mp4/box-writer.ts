import { ByteWriter } from '../../bytes/byte-writer.ts'

/** Writes boxes of ISO/IEC 14496-12 into one another; sizes follow at their ends. */
export class BoxWriter extends ByteWriter {
  /** Writes a box around what `content` writes. */
  box(type: string, content: () => void): this {
    const at = this.length
    this.u32(0).latin1(type)
    content()
    return this.u32At(at, this.length - at)
  }

  /** Writes a full box. */
  full(type: string, version: number, flags: number, content: () => void): this {
    return this.box(type, () => {
      this.u8(version).u24(flags)
      content()
    })
  }

  /** A signed value of 32 bits. */
  i32(value: number): this {
    return this.u32(value >>> 0)
  }

  /** A time of 64 bits that a number holds. */
  time(value: number): this {
    return this.u64(BigInt(Math.max(0, Math.round(value))))
  }
}
