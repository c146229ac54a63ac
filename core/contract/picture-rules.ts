import type { RuleRow } from './rule-row.ts'

/** Rules for what is seen and heard: they are judged where services are looked at by ffmpeg. */
export const PICTURE_RULES = {
  'PICTURE-BLACK': {
    severity: 'warning',
    priority: 2,
    topic: 'dash',
    clause: 'ours',
    threshold: { value: 10, unit: 's' },
    once: 'each',
    sentence: {
      now: '{service} shows a black picture since {since}, for more than {limit} s{end}',
      past: '{service} shows a picture again: it was black from {since} to {until}, for {seconds} s',
    },
    severities: { past: 'info' },
  },
  'PICTURE-FROZEN': {
    severity: 'warning',
    priority: 2,
    topic: 'dash',
    clause: 'ours',
    threshold: { value: 10, unit: 's' },
    once: 'each',
    sentence: {
      now: '{service} shows the same picture since {since}, for more than {limit} s{end}',
      past: '{service} moves again: its picture stood still from {since} to {until}, for {seconds} s',
    },
    severities: { past: 'info' },
  },
  'SOUND-SILENT': {
    severity: 'warning',
    priority: 2,
    topic: 'dash',
    clause: 'ours',
    threshold: { value: 10, unit: 's' },
    once: 'each',
    sentence: {
      now: '{service} has no sound above -60 dBFS since {since}, for more than {limit} s{end}',
      past: '{service} is heard again: it was silent from {since} to {until}, for {seconds} s',
    },
    severities: { past: 'info' },
  },
} as const satisfies Readonly<Record<string, RuleRow>>
