import { isWildcard } from '../../contract/loopback.ts'
import { parseEndpoint } from '../../contract/option-values.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import type { OptionValue, SessionSpec } from '../../contract/session-spec.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { existingOutputs } from '../../files/existing-outputs.ts'
import type { FileUse } from '../../files/file-clashes.ts'
import { subjectOf } from './compose.ts'
import { filesOfPart } from './session-files.ts'

/** Files and folders that a session names. */
function filesOfSession({ parts }: SessionSpec, descriptions: readonly PartDescription[]): FileUse[] {
  return parts.flatMap((part) => {
    const description = descriptions.find(({ kind }) => kind === part.kind)
    return description === undefined ? [] : filesOfPart(part, description)
  })
}

/** Lists what the session would overwrite. */
export function overwrittenBy(spec: SessionSpec, descriptions: readonly PartDescription[]): Promise<string[]> {
  return existingOutputs(filesOfSession(spec, descriptions))
}

/** Lists scripts and programs that the session names to be run. */
export function programsOf({ parts }: SessionSpec, descriptions: readonly PartDescription[]): string[] {
  return parts.flatMap((part) =>
    (descriptions.find(({ kind }) => kind === part.kind)?.options ?? []).flatMap(({ key, runs }) =>
      runs === undefined ? [] : texts(part[key]).filter((text) => !runs.includes(text)),
    ),
  )
}

/** What a session runs, opens and writes, as the end of a sentence: `reads a.pcap; writes out; serves on 0.0.0.0:80 …`. */
export function doingsOf(spec: SessionSpec, descriptions: readonly PartDescription[]): string {
  const files = filesOfSession(spec, descriptions)
  const programs = programsOf(spec, descriptions)
  const read = files.filter(({ writes, path }) => !writes && !programs.includes(path))
  const doings = [
    listed('runs', programs),
    listed(
      'reads',
      read.map(({ path, name }) => (path === '/dev/stdin' ? name : path)),
    ),
    listed('receives', addresses(spec, descriptions, true)),
    listed(
      'writes',
      files.filter(({ writes }) => writes).map(({ path }) => path),
    ),
    listed('sends to', addresses(spec, descriptions, false)),
    listed('asks', valuesOf(spec, descriptions, 'url')),
    listed('serves on', valuesOf(spec, descriptions, 'endpoint').map(endpointText)),
  ]
  return doings.filter((doing) => doing !== null).join('; ')
}

function listed(verb: string, things: readonly string[]): string | null {
  return things.length === 0 ? null : `${verb} ${things.map(withoutCredentials).join(', ')}`
}

/** Subjects that are addresses: of sources, or of parts that send. */
function addresses(spec: SessionSpec, descriptions: readonly PartDescription[], ofSources: boolean): string[] {
  return spec.parts.flatMap((part) => {
    const description = descriptions.find(({ kind }) => kind === part.kind)
    const subject = description === undefined ? undefined : subjectOf(description)
    if (subject === undefined || !('of' in subject.type) || (description?.takes === null) !== ofSources) return []
    if (subject.type.of !== 'source' && subject.type.of !== 'interface') return []
    return texts(part[subject.key]).filter((text) => text !== '-' && !/^pipe:/i.test(text))
  })
}

function valuesOf(spec: SessionSpec, descriptions: readonly PartDescription[], of: 'url' | 'endpoint'): string[] {
  return spec.parts.flatMap((part) =>
    (descriptions.find(({ kind }) => kind === part.kind)?.options ?? []).flatMap(({ key, type }) =>
      'of' in type && type.of === of ? texts(part[key]) : [],
    ),
  )
}

function texts(value: OptionValue | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)]
}

/** Listening addresses of a session that other computers reach by any address of this one. */
export function wildcardEndpoints(spec: SessionSpec, descriptions: readonly PartDescription[]): string[] {
  return valuesOf(spec, descriptions, 'endpoint').filter((text) => isWildcard(parseEndpoint(text)?.host ?? ''))
}

/** A listening address, with what a wildcard means. */
function endpointText(text: string): string {
  return isWildcard(parseEndpoint(text)?.host ?? '') ? `${text} (every interface of this computer)` : text
}
