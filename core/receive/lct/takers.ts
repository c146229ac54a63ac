import type { FlowFile } from '../../flow/objects.ts'
import type { TransportObject } from '../object/transport-object.ts'
import type { LctChannel } from './lct-channel.ts'

/** Takes a whole object for itself. @returns false where it is not what was waited for */
export type ObjectTaker = (object: TransportObject, channel: LctChannel, timeUs: number) => boolean
/** Takes a file for itself. @returns false where it is to be handed on */
export type FileTaker = (file: FlowFile, object: TransportObject, channel: LctChannel, timeUs: number) => boolean

/**
 * Who waits for which objects and files of a session, registered when that is learnt. `any`: a gateway configuration, looked for
 * in objects of any channel, before it is known whose they are. `table`: a file table on TOI 0. `signalling`: SLS packages.
 */
export class Takers {
  readonly objects = new Map<'any' | 'table' | 'signalling', ObjectTaker>()
  /** `manifest`: files that belong to another service. `chunk`: parts of a segment. Asked in this order. */
  readonly files = new Map<'manifest' | 'chunk', FileTaker>()

  /** @returns true where a taker has the file */
  takesFile(file: FlowFile, object: TransportObject, channel: LctChannel, timeUs: number): boolean {
    return (
      this.files.get('manifest')?.(file, object, channel, timeUs) === true ||
      this.files.get('chunk')?.(file, object, channel, timeUs) === true
    )
  }
}
