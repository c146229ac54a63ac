import type { ReportFec } from '../../../core/contract/report.ts'
import type { ChannelSnapshot } from '../../../core/contract/snapshot.ts'
import { formatCount } from '../../model/format.ts'

/** Repair packets of a channel and their overhead; empty without any. */
export function repairText(fec: ReportFec | null): string {
  if (fec === null || fec.repairPackets === 0) return ''
  const share = fec.overheadPercent === null ? '' : `, ${fec.overheadPercent.toFixed(1)} %`
  return `${formatCount(fec.repairPackets)}${share}`
}

/** The protected channels, and the time of decoding. */
export function repairNote(fec: ReportFec | null): string | undefined {
  if (fec === null || fec.repairPackets === 0) return undefined
  const of = fec.protects.length === 0 ? 'its own objects' : `TSI ${fec.protects.join(', ')}`
  const decoded =
    fec.recoveredSymbols === 0
      ? ''
      : `; ${formatCount(fec.recoveredSymbols)} symbols decoded in ${fec.decodeMs.toFixed(1)} ms`
  return `Repair packets for ${of}, with their overhead over its source bytes${decoded}`
}

/** Bytes that FEC recovered for objects of a channel. */
export function recoveredText(fec: ReportFec | null): string {
  return fec === null || fec.recovered === 0 ? '' : formatCount(fec.recovered)
}

/** Number of objects that FEC completed. */
export function recoveredNote(fec: ReportFec | null): string | undefined {
  if (fec === null || fec.recovered === 0) return undefined
  const objects = fec.healed === 1 ? '1 object' : `${formatCount(fec.healed)} objects`
  return `${formatCount(fec.recovered)} bytes recovered; ${objects} completed by FEC`
}

/** Whether a channel carries repair packets only. */
export function isRepairFlow({ fec, packets }: Pick<ChannelSnapshot, 'fec' | 'packets'>): boolean {
  return fec !== null && fec.repairPackets > 0 && fec.repairPackets === packets
}
