import type { ServiceId } from '../../contract/ids.ts'
import { channelWord } from '../../flow/carriers.ts'
import type { ServiceFacts } from '../../flow/facts.ts'
import { ownBytes } from '../../flow/lease.ts'
import type { FlowFile } from '../../flow/objects.ts'
import { codecString } from '../../media/mmt/codec-string.ts'
import { codecFault } from '../context/receive-context.ts'
import type { MmtpAsset } from './mmtp-asset.ts'
import type { MpuObject } from './mpu-object.ts'

/** Name of an MMT service's presentation in the gateway. */
const MMT_MANIFEST = 'manifest.mpd'

/** The presentation of an MMT service, as soon as an asset's type is known; null before. */
export function mmtPresentation(assets: readonly MmtpAsset[]): ServiceFacts['manifest'] {
  const codecs: string[] = []
  for (const { lastMovie } of assets) {
    const track = lastMovie?.tracks[0]
    if (lastMovie === null || track === undefined) continue
    const fault = codecFault(() => void codecs.push(codecString(lastMovie, track)))
    if (fault !== null) codecs.push(track.entryType)
  }
  return codecs.length === 0 ? null : { kind: 'dash', name: MMT_MANIFEST, codecs }
}

/** An ended MPU as a file of its service. */
export function mpuFlowFile(mpu: MpuObject, bytes: Uint8Array, serviceId: ServiceId): FlowFile {
  return {
    serviceId,
    name: mpu.name,
    contentType: mpu.contentType,
    kind: 'media',
    lease: ownBytes(bytes),
    objectIndex: mpu.index,
    carrier: mpu.carrier,
    lane: channelWord(mpu.carrier),
    representation: mpu.representation,
    complete: mpu.state === 'complete',
    missing: mpu.missing(),
    firstTimeUs: mpu.firstTimeUs,
    lastTimeUs: mpu.lastTimeUs,
  }
}
