import { CircleHelp, Search, X } from 'lucide-react'
import { Popover } from 'radix-ui'
import { useId } from 'react'
import { formatCount } from '../../model/format.ts'
import { IconButton } from '../../ui/Button.tsx'
import styles from './ObjectsView.module.css'
import { FILTER_HELP, FILTER_HINT } from './objects-model.ts'

type FilterBarProps = {
  readonly typed: string
  readonly onType: (typed: string) => void
  readonly error: string | null
  readonly total: number
  /** Number of all objects; null without a filter. */
  readonly all: number | null
  readonly service: string | null
  readonly onClearService: () => void
  readonly channel: string | null
  readonly onClearChannel: () => void
}

/** Filter field, selected service and channel, and number of matching objects. */
export function FilterBar(props: FilterBarProps) {
  const errorId = useId()
  const { typed, error } = props
  return (
    <div className={styles.bar}>
      <div className={styles.field} data-bad={error !== null}>
        <Search size={13} aria-hidden />
        <input
          type="text"
          aria-label="Filter objects"
          aria-invalid={error !== null}
          aria-describedby={error === null ? undefined : errorId}
          placeholder={FILTER_HINT}
          value={typed}
          spellCheck={false}
          autoComplete="off"
          data-filter
          onChange={(event) => props.onType(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') {
              if (typed === '')
                event.currentTarget
                  .closest<HTMLElement>('[data-panel]')
                  ?.querySelector<HTMLElement>('[data-main]')
                  ?.focus()
              props.onType('')
              event.stopPropagation()
            } else if (event.key === 'Enter' || event.key === 'ArrowDown') {
              event.currentTarget
                .closest<HTMLElement>('[data-panel]')
                ?.querySelector<HTMLElement>('[data-main]')
                ?.focus()
              event.preventDefault()
            }
          }}
        />
        {typed !== '' && <IconButton label="Clear filter" icon={X} size={12} onClick={() => props.onType('')} />}
        <Popover.Root>
          <Popover.Trigger asChild>
            <button type="button" className={styles.help} aria-label="Filter help">
              <CircleHelp size={13} aria-hidden />
            </button>
          </Popover.Trigger>
          <Popover.Portal>
            <Popover.Content className={styles.popover} align="start" sideOffset={6} collisionPadding={8}>
              <p>Terms are separated by spaces; an object must match all.</p>
              <dl>
                {FILTER_HELP.map(([term, meaning]) => (
                  <div key={term}>
                    <dt>{term}</dt>
                    <dd>{meaning}</dd>
                  </div>
                ))}
              </dl>
            </Popover.Content>
          </Popover.Portal>
        </Popover.Root>
      </div>
      {props.service !== null && <Chip label={props.service} onClear={props.onClearService} />}
      {props.channel !== null && <Chip label={props.channel} onClear={props.onClearChannel} />}
      {error !== null ? (
        <p className={styles.error} id={errorId} role="alert">
          {error}
        </p>
      ) : (
        <p className={styles.count}>
          {props.all === null
            ? `${formatCount(props.total)} ${props.total === 1 ? 'object' : 'objects'}`
            : `${formatCount(props.total)} of ${formatCount(props.all)}`}
        </p>
      )}
    </div>
  )
}

function Chip({ label, onClear }: { readonly label: string; readonly onClear: () => void }) {
  return (
    <span className={styles.chip}>
      <span>{label}</span>
      <button type="button" aria-label={`Remove filter ${label}`} onClick={onClear}>
        <X size={11} aria-hidden />
      </button>
    </span>
  )
}
