/**
 * Branded numbers, so that a TSI cannot be passed as a TOI. They cost nothing at run time; only `asTsi` and its siblings make
 * them, from a number just read from the wire or a user.
 */
declare const brand: unique symbol
/** A number of its own type. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Transport session identifier of LCT (RFC 5651 §5.1), 0 to 2^48-1. TSI 0 carries the SLS of a ROUTE service. */
export type Tsi = Brand<number, 'Tsi'>
/** Transport object identifier of LCT (RFC 5651 §5.1). Values above 2^53-1 are refused when parsed. */
export type Toi = Brand<number, 'Toi'>

/** Makes a TSI of a number. */
export const asTsi = (value: number): Tsi => value as Tsi
/** Makes a TOI of a number. */
export const asToi = (value: number): Toi => value as Toi
