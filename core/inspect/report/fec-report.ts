import type { ReportFec } from '../../contract/report.ts'
import type { ChannelFacts } from '../../flow/facts.ts'

/**
 * FEC report of one channel; null without repair packets and recovered bytes.
 * @param channels all of the session: overhead is relative to the source channels of the same destination
 */
export function reportFec(channel: ChannelFacts, channels: readonly ChannelFacts[]): ReportFec | null {
  const { fec, repairPackets } = channel
  if (fec === null || (repairPackets === 0 && fec.recovered === 0 && fec.protects.length === 0)) return null
  const { repairBytes, protects, recoveredSymbols, decodeUs, healed, recovered } = fec
  const sourceBytes = bytesOfSources(channel, channels)
  return {
    repairPackets,
    repairBytes,
    protects,
    overheadPercent: repairPackets === 0 || sourceBytes === 0 ? null : (100 * repairBytes) / sourceBytes,
    recoveredSymbols,
    decodeMs: decodeUs / 1000,
    healed,
    recovered,
  }
}

function bytesOfSources(channel: ChannelFacts, channels: readonly ChannelFacts[]): number {
  const protects = channel.fec?.protects ?? []
  if (protects.length === 0) return sourceBytes(channel)
  let bytes = 0
  for (const each of channels) {
    const { carrier, destination } = each
    if (destination !== channel.destination || carrier.kind !== 'lct') continue
    if (protects.includes(carrier.tsi)) bytes += sourceBytes(each)
  }
  return bytes
}

function sourceBytes(channel: ChannelFacts): number {
  return channel.bytes - (channel.fec?.repairBytes ?? 0)
}
