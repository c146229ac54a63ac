import { shownText } from '../contract/shown-text.ts'
import { AppFailure } from '../failure/app-failure.ts'
import { pathOfReference } from '../files/outside-name.ts'
import { isAbsoluteReference, resolveReference } from '../manifest/reference.ts'

/**
 * A name of a manifest, which is sent unchanged and so must be below the manifest, without a host.
 * @returns it resolved, still escaped and with its query, and its path, decoded
 * @throws AppFailure not-supported
 */
export function nameBelow(name: string): { readonly resolved: string; readonly path: string } {
  if (isAbsoluteReference(name) || name.startsWith('/')) {
    throw new AppFailure(
      'not-supported',
      `The manifest names "${shownText(name, 300)}" by an absolute address, which receivers would ask for elsewhere.`,
      'Use a manifest whose addresses are relative.',
    )
  }
  const resolved = resolveReference('', name)
  const plain = pathOfReference(resolved.split('?', 1)[0] ?? '')
  if (plain.ok) return { resolved, path: plain.path }
  throw new AppFailure(
    'not-supported',
    `The manifest names "${shownText(name, 300)}", which ${plain.problem}.`,
    'Use a manifest in a folder above its segments, with names that do not lead out of it.',
  )
}

/** Failure for a file that a manifest names and that is not there. @param place where it was looked for, as shown */
export function missingFile(place: string, role: string): AppFailure {
  return new AppFailure(
    'input-unusable',
    `"${place}" is missing: the manifest names it as ${shownText(role)}.`,
    'Put the file there, or correct the manifest.',
  )
}
