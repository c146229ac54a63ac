import type { FlowFile } from '../../flow/objects.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { LctChannel } from './lct-channel.ts'

/**
 * Takes a whole object.
 * @returns false where it is another object
 */
export type ObjectTaker = (object: TransportObject, channel: LctChannel, timeUs: number) => boolean
/**
 * Takes a file.
 * @returns false where the file is to be delivered
 */
export type FileTaker = (file: FlowFile, object: TransportObject, channel: LctChannel, timeUs: number) => boolean

/**
 * Takers of a session's objects and files, registered as they become known. `any`: looks for a gateway configuration in
 * objects of any channel, before they have an owner. `table`: a file table on TOI 0. `signalling`: SLS packages.
 */
export class Takers {
  readonly objects = new Map<'any' | 'table' | 'signalling', ObjectTaker>()
  /** `manifest`: files of another service. `chunk`: parts of a segment. Called in this order. */
  readonly files = new Map<'manifest' | 'chunk', FileTaker>()

  /** @returns true where a taker has the file */
  takesFile(file: FlowFile, object: TransportObject, channel: LctChannel, timeUs: number): boolean {
    return (
      this.files.get('manifest')?.(file, object, channel, timeUs) === true ||
      this.files.get('chunk')?.(file, object, channel, timeUs) === true
    )
  }
}
