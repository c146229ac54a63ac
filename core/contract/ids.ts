/**
 * Branded numbers, so that a TSI cannot be passed where a TOI is meant. They cost nothing at run time; `asTsi` and its
 * siblings are the only way in, used where a number has just been read from the wire or from a user.
 */
declare const brand: unique symbol
/** A number that only its own kind fits. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Transport session identifier of LCT (RFC 5651 §5.1), 0 to 2^48-1. TSI 0 carries the SLS of a ROUTE service. */
export type Tsi = Brand<number, 'Tsi'>
/** Transport object identifier of LCT (RFC 5651 §5.1). Values above 2^53-1 are refused when parsed. */
export type Toi = Brand<number, 'Toi'>

/** The way in for TSIs. */
export const asTsi = (value: number): Tsi => value as Tsi
/** The way in for TOIs. */
export const asToi = (value: number): Toi => value as Toi
