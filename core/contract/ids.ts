/**
 * Branded numbers, so that a TSI cannot be passed as a TOI. They cost nothing at run time; only `asTsi` and its siblings make
 * them, from a number just read from the wire or a user.
 *
 * Plain numbers stay where a brand would only add casts: the JSON report and snapshot, object rows in typed arrays, rows
 * of alarms (a TSI or a packet_id), keys of open objects (a TOI or an FDT instance), and what the window and options hold.
 */
declare const brand: unique symbol
/** A number of its own type. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Transport session identifier of LCT (RFC 5651 §5.1), 0 to 2^48-1. TSI 0 carries the SLS of a ROUTE service. */
export type Tsi = Brand<number, 'Tsi'>
/** Transport object identifier of LCT (RFC 5651 §5.1). A number above 2^53-1 stands for a
 * wide TOI, whose value is beside it where it is shown (`wideToi`). */
export type Toi = Brand<number, 'Toi'>
/** Service id, 1 to 65535 where an SLT gives it (A/331 §6.3); sessions without one get an id of our own. */
export type ServiceId = Brand<number, 'ServiceId'>

/** Makes a TSI of a number. */
export const asTsi = (value: number): Tsi => value as Tsi
/** Makes a TOI of a number. */
export const asToi = (value: number): Toi => value as Toi
/** The way in for service ids. */
export const asServiceId = (value: number): ServiceId => value as ServiceId
