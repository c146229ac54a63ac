import { type LossCount, type LossFigures, shareText } from '../contract/loss.ts'
import {
  CAUSE_TEXT,
  FIRST_DATE_S,
  LOSS_CAUSES,
  type Report,
  type ReportFec,
  type ReportObject,
  type ReportService,
  type ReportTotals,
} from '../contract/report.ts'
import { llsText, slsText } from './signalling-text.ts'
import { startupText } from './startup-text.ts'

/** Formats a report for a terminal, line by line: its services, losses and alarms. */
export function* reportLines(report: Report): Generator<string> {
  const { source, totals } = report
  const span =
    source.firstTime === null || source.lastTime === null
      ? totals.frames > 0
        ? 'no times'
        : 'no packets'
      : `${(source.lastTime - source.firstTime).toFixed(3)} s${source.firstTime < FIRST_DATE_S ? ', without dates' : ` from ${new Date(source.firstTime * 1000).toISOString()}`}`
  yield `${source.name}: ${span}`
  yield `${totals.frames} frames, ${totals.udp} UDP datagrams, ${totals.bytes} bytes, ${totals.malformed} malformed, ` +
    `${totals.fragmentsDropped} fragments dropped`
  yield* lossLines(totals)
  if (report.lls.length > 0) {
    yield* ['', 'LLS']
    yield* llsText(report.lls)
  }
  for (const service of report.services) {
    yield ''
    yield* serviceText(service)
  }
  if (report.flows.length > 0) {
    yield* ['', 'Flows']
    for (const flow of report.flows) {
      yield `  ${flow.destination.padEnd(24)} ${flow.protocol.padEnd(8)} ${flow.plp === null ? '' : `PLP ${flow.plp}, `}${flow.packets} packets, ${flow.bytes} bytes`
    }
  }
  for (const link of report.links) {
    const counts = Object.entries(link.counts).filter(([, count]) => count > 0)
    yield ''
    yield `${link.kind.toUpperCase()} ${link.destination ?? ''}`.trimEnd()
    yield `  ${counts.map(([name, count]) => `${name} ${count}`).join(', ')}`
    for (const { plp, count } of link.lmt) yield `  LMT in PLP ${plp ?? 'unknown'}: ${count} times`
  }
  if (report.alarms.length > 0) {
    yield* ['', 'Alarms']
    for (const alarm of report.alarms) yield `  ${alarm.severity.padEnd(8)} ${alarm.rule}: ${alarm.text}`
  }
}

/** Lines of losses by cause and of this computer's drops; none where there are none. */
function lossLines({ losses, loss, hostDrops, captureDrops, eventLoopLagMs }: ReportTotals): string[] {
  const lines: string[] = []
  const lost = LOSS_CAUSES.filter((cause) => losses[cause].objects > 0).map(
    (cause) => `${CAUSE_TEXT[cause]} ${losses[cause].objects} objects (${losses[cause].bytes} bytes)`,
  )
  if (lost.length > 0) lines.push(`Lost: ${lost.join(', ')}`)
  if (loss.total.before.lost.bytes > 0) lines.push(`Loss: ${lossText(loss.total)}`)
  const host: string[] = []
  const ownDrops = (hostDrops ?? 0) - (captureDrops ?? 0)
  if (ownDrops > 0) host.push(`${ownDrops} packets dropped by this computer`)
  if (eventLoopLagMs !== null && eventLoopLagMs >= 50)
    host.push(`kept from the sockets for up to ${Math.round(eventLoopLagMs)} ms`)
  if (captureDrops !== null && captureDrops > 0)
    host.push(`${captureDrops} packets dropped by the computer that made the capture`)
  if (host.length > 0) lines.push(`Host: ${host.join(', ')}`)
  return lines
}

/** `33304 of 5155737 bytes (0.646 %), 23 of 3536 packets (0.650 %)`, and the same before repair where that differs. */
function lossText({ lost, sent, before }: LossFigures): string {
  const after = countsText(lost, sent)
  return before.lost.bytes === lost.bytes ? after : `${after}; before repair ${countsText(before.lost, before.sent)}`
}

function countsText(lost: LossCount, sent: LossCount): string {
  const bytes = `${lost.bytes} of ${sent.bytes} bytes (${shareText(lost.bytes, sent.bytes)})`
  return `${bytes}, ${lost.packets} of ${sent.packets} packets (${shareText(lost.packets, sent.packets)})`
}

/** Text of a channel's repair packets and recovered bytes. */
function fecText(fec: ReportFec | null): string {
  if (fec === null) return ''
  let text = ''
  if (fec.repairPackets > 0 || fec.protects.length > 0) {
    const of = fec.protects.length === 0 ? '' : ` for TSI ${fec.protects.join(', ')}`
    const share = fec.overheadPercent === null ? '' : ` (${fec.overheadPercent.toFixed(1)} % of its bytes)`
    text += `, ${fec.repairPackets} repair packets${of}${share}`
    if (fec.recoveredSymbols > 0) text += `, ${fec.recoveredSymbols} symbols decoded in ${fec.decodeMs.toFixed(1)} ms`
  }
  if (fec.recovered > 0) text += `, ${fec.healed} objects healed and ${fec.recovered} bytes recovered by FEC`
  return text
}

/** How many are whole, and what became of the others: `1 incomplete, 2 cut off`. */
function objectsText(objects: readonly ReportObject[]): { readonly complete: number; readonly incomplete: string } {
  const cut = objects.filter(({ state }) => state === 'truncated' || state === 'joined').length
  const complete = objects.filter((object) => object.complete).length
  return { complete, incomplete: incompleteText(objects.length - complete - cut, cut) }
}

/** `1 incomplete, 2 cut off`; objects cut off by the beginning or end of reception only where there are some. */
export function incompleteText(incomplete: number, cutOff: number): string {
  return `${incomplete} incomplete${cutOff === 0 ? '' : `, ${cutOff} cut off by the beginning or end`}`
}

/** `, 1 announced never came, 2 announced had not come yet`; nothing where all came. */
export function absentText(neverCame: number, awaited: number): string {
  const never = neverCame === 0 ? '' : `, ${neverCame} announced never came`
  return never + (awaited === 0 ? '' : `, ${awaited} announced had not come yet`)
}

/** ` (4.83 % of them before repair)` or the share that was lost; nothing where nothing was. */
function shareOf({ lost, sent, before }: LossFigures): string {
  if (before.lost.bytes === 0) return ''
  const share = lost.bytes === 0 ? '' : ` (${shareText(lost.bytes, sent.bytes)})`
  return before.lost.bytes === lost.bytes
    ? share
    : `${share}, ${before.lost.bytes} before repair (${shareText(before.lost.bytes, before.sent.bytes)})`
}

function serviceText(service: ReportService): string[] {
  const channel = service.major === null ? '' : ` ${service.major}.${service.minor ?? 0}`
  const lines = [
    `Service ${service.id}${channel} ${service.name ?? '(no name)'}, ${service.protocol}, ${service.destination ?? 'no destination'}`,
  ]
  const startup = startupText(service.startup, service.notPlayable, 1)
  if (startup !== null) lines.push(`  ${startup}`)
  lines.push(...slsText(service.sls))
  for (const session of service.sessions) {
    for (const channel of session.channels) {
      const { complete, incomplete } = objectsText(channel.objects)
      lines.push(
        `  ${session.destination} TSI ${channel.tsi} ${channel.role}${channel.representation === null ? '' : ` ${channel.representation}`}: ` +
          `${channel.packets} packets, ${complete} objects complete, ${incomplete}, ${channel.lost} bytes lost${shareOf(channel.loss.total)}${channel.missingObjects === 0 ? '' : `, ${channel.missingObjects} announced objects never arrived`}${fecText(channel.fec)}`,
      )
    }
  }
  for (const packets of service.mmtp?.packets ?? []) {
    lines.push(
      `  packet id ${packets.packetId} ${packets.type}: ${packets.packets} packets, ${packets.bytes} bytes, ${packets.lost} lost`,
    )
  }
  for (const { packetId, assetId, type, mpus } of service.mmtp?.assets ?? []) {
    lines.push(`  asset ${packetId} ${type || 'of unknown type'} ${assetId}: ${mpus} MPUs complete`)
  }
  return lines
}
