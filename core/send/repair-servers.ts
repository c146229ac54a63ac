import { parseUrl } from '../failure/parse-url.ts'
/** A server from which gateways of DVB-MABR fetch bytes that they miss. */
export type RepairBase = {
  readonly url: string
  /** Its share of the requests, beside the weights of the others; more than 0. */
  readonly weight: number
}

/** What stands for the origin of an input. */
const SOURCE = 'src'

/**
 * Reads a list of repair servers as GPAC's MABRBaseURLs has it: `[WEIGHT;]URL` with commas between; `src` is the origin of the
 * input, and a weight of 0 or less leaves a server out.
 * @param input what is sent
 * @returns null where a server is no http(s) address, or `src` is none
 */
export function parseRepairServers(text: string, input: string): readonly RepairBase[] | null {
  const servers: RepairBase[] = []
  for (const item of text.split(',').map((each) => each.trim())) {
    const [, number = '1', named = ''] = /^(?:(-?\d{1,9});)?(.*)$/s.exec(item) ?? []
    const weight = Number(number)
    if (weight <= 0 && named === SOURCE) continue
    const url = addressOf(named === SOURCE ? input : named)
    if (url === null) return null
    if (weight > 0) servers.push({ url: named === SOURCE ? folderOf(url) : named, weight })
  }
  return servers
}

function addressOf(text: string): URL | null {
  return /^https?:\/\//i.test(text) ? parseUrl(text) : null
}

/** The folder of a manifest, without name and password. */
function folderOf(manifest: URL): string {
  const folder = new URL('.', manifest)
  return `${folder.origin}${folder.pathname}`
}
