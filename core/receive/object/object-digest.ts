import { base64Text, type HashName, hashOf } from '#platform'
import type { ListedFacts } from '../../flow/objects.ts'

/** Digest fields of RFC 9530 in DVB-MABR File entries, and their RFC 3230 predecessor. */
const DIGEST_FIELDS = ['Content-Digest', 'Repr-Digest', 'Digest']
const ALGORITHMS: Readonly<Record<string, HashName>> = {
  md5: 'md5',
  sha: 'sha1',
  'sha-256': 'sha256',
  'sha-512': 'sha512',
}

type Digest = { readonly field: string; readonly algorithm: HashName; readonly value: string }

/**
 * Checks an object against the digests of its File entry.
 * @param forms the object as transported, and as content where that differs: tables mean either
 * @returns the mismatch as a sentence, or null
 */
export function digestFault(listed: ListedFacts, forms: readonly Uint8Array[]): string | null {
  for (const { field, algorithm, value } of digestsOf(listed)) {
    const [first = ''] = forms.slice(0, 1).map((bytes) => hash(algorithm, bytes))
    if (bare(first) === bare(value)) continue
    if (!forms.slice(1).some((bytes) => bare(hash(algorithm, bytes)) === bare(value)))
      return `its ${field} is ${first}, its table has ${value}`
  }
  return null
}

/** True where `digestFault` has a digest to check. */
export function hasDigest(listed: ListedFacts | null): listed is ListedFacts {
  if (listed === null) return false
  return listed.contentMd5 !== null || listed.otherAttributes.some(({ local }) => DIGEST_FIELDS.includes(local))
}

function digestsOf(listed: ListedFacts): Digest[] {
  const digests: Digest[] = []
  const md5 = listed.contentMd5?.trim() ?? ''
  if (md5 !== '') digests.push({ field: 'MD5', algorithm: 'md5', value: md5 })
  for (const { local, value } of listed.otherAttributes) {
    if (!DIGEST_FIELDS.includes(local)) continue
    // `sha-256=:base64:, sha-512=:base64:`, without the colons in RFC 3230.
    for (const member of value.slice(0, 1000).split(',')) {
      const [, name = '', text = ''] = /^\s*([a-z0-9-]+)\s*=\s*:?([A-Za-z0-9+/=_-]+):?\s*$/i.exec(member) ?? []
      const algorithm = ALGORITHMS[name.toLowerCase()]
      if (algorithm !== undefined) digests.push({ field: local, algorithm, value: text })
    }
  }
  return digests
}

function hash(algorithm: HashName, bytes: Uint8Array): string {
  return base64Text(hashOf(algorithm, bytes))
}

/** Base64 without padding. */
function bare(base64: string): string {
  return base64.replace(/(?<!=)=+$/, '')
}
