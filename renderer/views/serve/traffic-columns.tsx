import type { FileTransfer } from '../../../core/contract/served-requests.ts'
import {
  formatBytesShort,
  formatCount,
  formatDuration,
  formatPercent,
  formatRate,
  formatTime,
  UNKNOWN,
} from '../../model/format.ts'
import type { Column } from '../../ui/Grid.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { Progress } from '../../ui/Progress.tsx'
import styles from './ServeView.module.css'
import {
  bytesOf,
  type ClientLine,
  heldText,
  type RequestLine,
  rateOf,
  severityOfRequest,
  statusText,
  type TransferLine,
} from './traffic-model.ts'

type Base = 'local' | 'utc'

/** Columns of the requests. @param base of their times @param nowUs wall clock, for those that are held */
export function requestColumns(base: Base, nowUs: number): readonly Column<RequestLine>[] {
  return [
    { id: 'time', title: 'Time', width: 92, text: ({ request }) => formatTime(request.timeUs, base, null) },
    { id: 'client', title: 'Client', width: 92, text: ({ request }) => request.client },
    { id: 'method', title: 'Method', width: 62, text: ({ request }) => request.method },
    { id: 'path', title: 'Path', width: 140, grow: 4, text: ({ request }) => request.target, cutInMiddle: true },
    { id: 'range', title: 'Range', width: 96, text: ({ request }) => request.range ?? UNKNOWN },
    {
      id: 'status',
      title: 'Status',
      width: 80,
      text: ({ request }) => statusText(request),
      tooltip: ({ request }) => request.error ?? undefined,
      cell: ({ request }) => <Marked severity={severityOfRequest(request)} text={statusText(request)} />,
    },
    {
      id: 'bytes',
      title: 'Bytes',
      width: 84,
      align: 'end',
      text: ({ request }) => formatCount(bytesOf(request)),
      raw: ({ request }) => String(bytesOf(request)),
      tooltip: ({ request: { sentBytes, receivedBytes } }) =>
        `${formatCount(sentBytes)} sent, ${formatCount(receivedBytes)} received`,
    },
    {
      id: 'duration',
      title: 'Duration',
      width: 74,
      align: 'end',
      text: ({ request }) => formatDuration(request.durationUs),
      raw: ({ request }) => String(request.durationUs ?? ''),
    },
    {
      id: 'rate',
      title: 'Rate',
      width: 80,
      align: 'end',
      text: ({ request }) => formatRate(rateOf(request)),
      raw: ({ request }) => String(rateOf(request) ?? ''),
    },
    {
      id: 'held',
      title: 'Held',
      width: 84,
      grow: 1,
      text: ({ request }) => heldText(request, nowUs) || UNKNOWN,
      tooltip: ({ request }) => heldText(request, nowUs) || undefined,
    },
  ]
}

/** Columns of the connections. @param base of their times */
export function clientColumns(base: Base): readonly Column<ClientLine>[] {
  return [
    { id: 'since', title: 'Since', width: 92, text: ({ client }) => formatTime(client.sinceUs, base, null) },
    { id: 'address', title: 'Address', width: 150, text: ({ client }) => `${client.address}:${client.port}` },
    {
      id: 'requests',
      title: 'Requests',
      width: 80,
      align: 'end',
      text: ({ client }) => formatCount(client.requests),
    },
    {
      id: 'sent',
      title: 'Sent',
      width: 84,
      align: 'end',
      text: ({ client }) => formatBytesShort(client.sentBytes),
      raw: ({ client }) => String(client.sentBytes),
    },
    {
      id: 'received',
      title: 'Received',
      width: 84,
      align: 'end',
      text: ({ client }) => formatBytesShort(client.receivedBytes),
      raw: ({ client }) => String(client.receivedBytes),
    },
    { id: 'doing', title: 'Now', width: 84, text: ({ client }) => client.doing },
    {
      id: 'target',
      title: 'Request',
      width: 160,
      grow: 2,
      text: ({ client }) => client.target ?? UNKNOWN,
      cutInMiddle: true,
    },
    { id: 'program', title: 'Program', width: 110, grow: 1, text: ({ client }) => client.userAgent ?? UNKNOWN },
  ]
}

/** Columns of the uploads and pushes. @param base of their times */
export function transferColumns(base: Base): readonly Column<TransferLine>[] {
  return [
    { id: 'time', title: 'Time', width: 92, text: ({ transfer }) => formatTime(transfer.timeUs, base, null) },
    { id: 'direction', title: 'Way', width: 62, text: ({ transfer }) => transfer.direction },
    { id: 'path', title: 'Path', width: 130, grow: 2, text: ({ transfer }) => transfer.path, cutInMiddle: true },
    { id: 'peer', title: 'From or to', width: 110, grow: 1, text: ({ transfer }) => transfer.peer, cutInMiddle: true },
    {
      id: 'state',
      title: 'State',
      width: 84,
      text: ({ transfer }) => transfer.state,
      cell: ({ transfer }) => <Marked severity={SEVERITY[transfer.state]} text={transfer.state} />,
    },
    {
      id: 'progress',
      title: 'Progress',
      width: 110,
      text: ({ transfer }) => progressText(transfer),
      spoken: ({ transfer }) => progressText(transfer),
      cell: ({ transfer }) =>
        transfer.state === 'running' ? (
          <Progress label={transfer.path} done={transfer.bytes} total={transfer.sizeBytes} />
        ) : (
          progressText(transfer)
        ),
    },
    {
      id: 'bytes',
      title: 'Bytes',
      width: 84,
      align: 'end',
      text: ({ transfer }) => formatCount(transfer.bytes),
      raw: ({ transfer }) => String(transfer.bytes),
    },
    { id: 'rate', title: 'Rate', width: 80, align: 'end', text: ({ transfer }) => formatRate(transfer.rateBps) },
    {
      id: 'retries',
      title: 'Retries',
      width: 62,
      align: 'end',
      text: ({ transfer }) => formatCount(transfer.retries),
    },
    {
      id: 'error',
      title: 'Last error',
      width: 120,
      grow: 2,
      text: ({ transfer }) => transfer.error ?? UNKNOWN,
      tooltip: ({ transfer }) => transfer.error ?? undefined,
    },
  ]
}

const SEVERITY = { running: null, retrying: 'warning', done: null, failed: 'error' } as const

function progressText({ bytes, sizeBytes, state }: FileTransfer): string {
  return sizeBytes === null ? (state === 'done' ? '100 %' : UNKNOWN) : formatPercent(bytes, sizeBytes, 0)
}

type MarkedProps = { readonly severity: 'error' | 'warning' | null; readonly text: string }

function Marked({ severity, text }: MarkedProps) {
  return (
    <span className={styles.status} data-severity={severity ?? undefined}>
      {severity !== null && <SeverityGlyph severity={severity} />}
      {text}
    </span>
  )
}
