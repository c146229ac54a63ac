import type { ChannelRole, ObjectState, Severity } from '../../core/contract/report.ts'
import type { ServiceState } from '../../core/contract/service-snapshot.ts'
import styles from './glyphs.module.css'

/*
 * Marks that show a state by shape as well as by colour. Screen readers do not see them, so words must be beside them.
 */

const SEVERITY_SHAPES: Readonly<Record<Severity, string>> = {
  error: 'M5 0.8 9.6 9.2H0.4Z',
  warning: 'M5 0.4 9.6 5 5 9.6 0.4 5Z',
  info: 'M5 1a4 4 0 1 0 0 8 4 4 0 1 0 0-8Zm0 1.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 1 1 0-5Z',
}

export function SeverityGlyph({ severity }: { readonly severity: Severity }) {
  return (
    <svg className={`${styles.glyph} ${styles[severity]}`} viewBox="0 0 10 10" aria-hidden>
      <path d={SEVERITY_SHAPES[severity]} fillRule="evenodd" />
    </svg>
  )
}

const SERVICE_STATE_TEXT: Readonly<Record<ServiceState, string>> = {
  announced: 'Announced',
  signalled: 'Signalled',
  receiving: 'Receiving',
  partial: 'With losses',
  silent: 'Silent',
  closed: 'Ended by the sender',
  'not-joined': 'Not joined',
}

/** State of a service in words; of a session that has ended, what it was. */
export function serviceStateText(state: ServiceState, ended: boolean): string {
  return ended && state === 'receiving' ? 'Received' : SERVICE_STATE_TEXT[state]
}

const RING = 'M5 0.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 1 0 0-8.4Zm0 1.4a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 1 1 0-5.6Z'

const SERVICE_SHAPES: Readonly<Record<ServiceState, { readonly path: string; readonly tone: string }>> = {
  announced: { path: RING, tone: 'dim' },
  signalled: { path: `${RING}M5 2.2a2.8 2.8 0 0 1 0 5.6Z`, tone: 'info' },
  receiving: { path: 'M5 0.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 1 0 0-8.4Z', tone: 'ok' },
  partial: { path: SEVERITY_SHAPES.warning, tone: 'warning' },
  silent: { path: `${RING}M3.4 4.3h3.2v1.4H3.4Z`, tone: 'error' },
  closed: { path: `${RING}M3.6 3.6h2.8v2.8H3.6Z`, tone: 'dim' },
  'not-joined': { path: `${RING}M1.6 2.6 2.6 1.6 8.4 7.4 7.4 8.4Z`, tone: 'dim' },
}

export function ServiceStateGlyph({ state }: { readonly state: ServiceState }) {
  const { path, tone } = SERVICE_SHAPES[state]
  return (
    <svg className={`${styles.glyph} ${styles[tone]}`} viewBox="0 0 10 10" aria-hidden>
      <path d={path} fillRule="evenodd" />
    </svg>
  )
}

export const OBJECT_STATE_TEXT: Readonly<Record<ObjectState, string>> = {
  receiving: 'Receiving',
  complete: 'Complete',
  partial: 'Partial',
  truncated: 'Cut by the end',
  joined: 'Joined late',
}

const FRAME = 'M0.5 1.5h9v7h-9ZM1.7 2.7v4.6h6.6V2.7Z'
const OBJECT_SHAPES: Readonly<Record<ObjectState, { readonly path: string; readonly tone: string }>> = {
  receiving: { path: `${FRAME}M1.7 2.7h3v4.6h-3Z`, tone: 'info' },
  complete: { path: 'M0.5 1.5h9v7h-9Z', tone: 'ok' },
  partial: { path: 'M0.5 1.5h3v7h-3ZM5.4 1.5h1.4v7H5.4ZM8.2 1.5h1.3v7H8.2Z', tone: 'error' },
  truncated: { path: 'M0.5 1.5h5L4.3 3.3l1.4 1.7-1.4 1.7 1.2 1.8h-5Z', tone: 'dim' },
  joined: { path: 'M9.5 1.5h-5L5.7 3.3 4.3 5l1.4 1.7-1.2 1.8h5Z', tone: 'dim' },
}

const RECOVERED_SHAPE = { path: `${FRAME}M1.7 5.6 4.6 2.7h2.2L2.2 7.3H1.7ZM4.6 7.3 8.3 3.6V5.8L6.8 7.3Z`, tone: 'ok' }

/** @param recovered complete by bytes that FEC recovered: hatched, as in the timeline */
export function ObjectStateGlyph({
  state,
  recovered = false,
}: {
  readonly state: ObjectState
  readonly recovered?: boolean
}) {
  const { path, tone } = recovered && state === 'complete' ? RECOVERED_SHAPE : OBJECT_SHAPES[state]
  return (
    <svg className={`${styles.glyph} ${styles[tone]}`} viewBox="0 0 10 10" aria-hidden>
      <path d={path} fillRule="evenodd" />
    </svg>
  )
}

export const ROLE_TEXT: Readonly<Record<ChannelRole, string>> = {
  signaling: 'Signalling',
  video: 'Video',
  audio: 'Audio',
  text: 'Text',
  data: 'Data',
  unknown: 'Unknown',
}

/** Name and colour of a role; hatched for an unknown one. `repair`: FEC repair packets only. */
export function RoleName({ role }: { readonly role: ChannelRole | 'repair' }) {
  return (
    <span className={styles.role}>
      <span className={styles.swatch} data-role={role} />
      {role === 'repair' ? 'Repair' : ROLE_TEXT[role]}
    </span>
  )
}
