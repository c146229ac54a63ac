import { formatCount, formatDuration, formatTime, UNKNOWN } from '../../model/format.ts'
import type { Column } from '../../ui/Grid.tsx'
import { SeverityGlyph } from '../../ui/glyphs.tsx'
import { bytesOf, type RequestLine, severityOfRequest, statusText } from './requests-model.ts'
import styles from './ServeView.module.css'

/** Columns of the requests. @param base of their times */
export function requestColumns(base: 'local' | 'utc'): readonly Column<RequestLine>[] {
  return [
    { id: 'time', title: 'Time', width: 92, text: ({ request }) => formatTime(request.timeUs, base, null) },
    { id: 'client', title: 'Client', width: 96, text: ({ request }) => request.client },
    { id: 'method', title: 'Method', width: 66, text: ({ request }) => request.method },
    { id: 'path', title: 'Path', width: 150, grow: 1, text: ({ request }) => request.target, cutInMiddle: true },
    { id: 'range', title: 'Range', width: 104, text: ({ request }) => request.range ?? UNKNOWN },
    {
      id: 'status',
      title: 'Status',
      width: 112,
      text: ({ request }) => statusText(request),
      cell: ({ request }) => {
        const severity = severityOfRequest(request)
        return (
          <span className={styles.status} data-severity={severity ?? undefined}>
            {severity !== null && <SeverityGlyph severity={severity} />}
            {statusText(request)}
          </span>
        )
      },
    },
    {
      id: 'bytes',
      title: 'Bytes',
      width: 92,
      align: 'end',
      text: ({ request }) => formatCount(bytesOf(request)),
      raw: ({ request }) => String(bytesOf(request)),
      tooltip: ({ request: { sentBytes, receivedBytes } }) =>
        `${formatCount(sentBytes)} sent, ${formatCount(receivedBytes)} received`,
    },
    {
      id: 'duration',
      title: 'Duration',
      width: 84,
      align: 'end',
      text: ({ request }) => formatDuration(request.durationUs),
      raw: ({ request }) => String(request.durationUs ?? ''),
    },
  ]
}
