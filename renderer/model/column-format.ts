import type { ValueFormat } from '../../core/contract/table-view.ts'
import type { TimeBase } from '../stores/time-store.ts'
import { formatCount, formatDuration, formatRate, formatTime, UNKNOWN } from './format.ts'

/** A value of a table as it is shown. @param times the base and origin times are shown by */
export function formatValue(
  format: ValueFormat,
  value: string | number | null,
  times?: { readonly base: TimeBase; readonly originUs: number | null },
): string {
  if (value === null) return UNKNOWN
  if (typeof value === 'string') return value
  switch (format) {
    case 'count':
      return formatCount(value)
    case 'rate':
      return formatRate(value)
    case 'duration':
      return formatDuration(value)
    case 'time':
      return times === undefined ? UNKNOWN : formatTime(value, times.base, times.originUs)
    case 'plain':
    case 'text':
      return String(value)
  }
}

/** Whether what is shown is another text than the value. */
export const hasRaw = (format: ValueFormat): boolean => format !== 'plain' && format !== 'text'

/** Numbers are right-aligned, but those that begin a line and words. */
export const alignOf = (format: ValueFormat): { readonly align?: 'end' } =>
  format === 'text' || format === 'time' ? {} : { align: 'end' }
