/**
 * Versions of tables are one byte (LLS_table_version, A/331 §6.1; the version in the TOI of an SLS package, Annex C), of which receivers
 * cannot distinguish 0 from a missing one.
 */
const VERSIONS = 255
/** Shorter than a sender takes to start again, and than tables usually change, µs. */
export const VERSION_STEP_US = 100_000

/**
 * First version of the tables of a transmission, 1 to 255, by its start: a sender that begins again has tables of other content, and
 * receivers that stay would not read them under a version they know.
 * @param startUs time of the first packet, µs since the UNIX epoch
 */
export function firstVersion(startUs: number): number {
  return (Math.floor(startUs / VERSION_STEP_US) % VERSIONS) + 1
}

/** The version of a table that has changed. */
export function nextVersion(version: number): number {
  return version >= VERSIONS ? 1 : version + 1
}
