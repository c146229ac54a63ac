/** Parts of names that are written in capitals. */
const ACRONYMS: ReadonlySet<string> = new Set(
  'tsi toi tol url uri id ip slt sls lls mpd hls efdt fdt fec oti bsid sls plp mmt mpu utc tai dst usbd aea aeat cmaf drm nrt esg ntp lct rfc xml html md5 sha cci'.split(
    ' ',
  ),
)

/** A name of a decoded field as words: `destinationIpAddress` is `Destination IP address`, `bsids` is `BSIDs`. */
export function fieldWords(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[\s_]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const small = word.toLowerCase()
      if (ACRONYMS.has(small)) return small.toUpperCase()
      if (small.endsWith('s') && ACRONYMS.has(small.slice(0, -1))) return `${small.slice(0, -1).toUpperCase()}s`
      return small
    })
  const [first = '', ...rest] = words
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(' ')
}

/** One of several: `service` of `services`, `entry` of `entries`. */
export function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`
  if (/(?:ss|sh|ch|x)es$/.test(name)) return name.slice(0, -2)
  return name.endsWith('s') && !name.endsWith('ss') ? name.slice(0, -1) : name
}
