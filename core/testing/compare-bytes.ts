import { expect } from 'vitest'

/*
 * Equal bytes are found equal in one comparison. Vitest's own goes through them one by one, which takes seconds for the files of a
 * fixture. Unequal ones are left to it, for it says where they differ.
 */
expect.addEqualityTesters([
  (one: unknown, other: unknown) => {
    if (!(one instanceof Uint8Array && other instanceof Uint8Array)) return undefined
    if (one.constructor !== other.constructor) return undefined
    return Buffer.compare(one, other) === 0 ? true : undefined
  },
])
