import type { ReportFec } from '../../../core/contract/report.ts'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { formatCount } from '../../model/format.ts'

/** Repair packets of a channel and their overhead; empty where it has none. */
export function repairText(fec: ReportFec | null): string {
  if (fec === null || fec.repairPackets === 0) return ''
  const share = fec.overheadPercent === null ? '' : `, ${fec.overheadPercent.toFixed(1)} %`
  return `${formatCount(fec.repairPackets)}${share}`
}

/** What they protect and what decoding them took. */
export function repairNote(fec: ReportFec | null): string | undefined {
  if (fec === null || fec.repairPackets === 0) return undefined
  const of = fec.protects.length === 0 ? 'its own objects' : `TSI ${fec.protects.join(', ')}`
  const decoded =
    fec.recoveredSymbols === 0
      ? ''
      : `; ${formatCount(fec.recoveredSymbols)} symbols decoded in ${fec.decodeMs.toFixed(1)} ms`
  return `Repair packets for ${of}, and their share of its source bytes${decoded}`
}

/** Bytes that FEC gave back to objects of a channel. */
export function givenBackText(fec: ReportFec | null): string {
  return fec === null || fec.recovered === 0 ? '' : formatCount(fec.recovered)
}

/** How many objects that made whole. */
export function healedNote(fec: ReportFec | null): string | undefined {
  if (fec === null || fec.recovered === 0) return undefined
  const objects = fec.healed === 1 ? '1 object' : `${formatCount(fec.healed)} objects`
  return `${formatCount(fec.recovered)} bytes given back; ${objects} made whole by FEC`
}

/** True for a channel that carries nothing but repair packets. */
export function isRepairFlow({ fec, packets }: Pick<ChannelSnapshot, 'fec' | 'packets'>): boolean {
  return fec !== null && fec.repairPackets > 0 && fec.repairPackets === packets
}
