import { useId } from 'react'
import { type Choices, choiceName } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import styles from './ReceiveFields.module.css'
import { type Drafts, groupsOf, placeholderOf } from './receive-form.ts'

type ReceiveFieldsProps = {
  /** Heading of the section. */
  readonly title?: string
  readonly rows: readonly OptionRow[]
  readonly drafts: Drafts
  readonly problems: ReadonlyMap<string, string>
  readonly defaults: Choices
  /** Number of chosen options, shown while the section is closed. */
  readonly chosen: number
  readonly onDraft: (key: string, value: string | boolean) => void
  readonly onReset: () => void
}

/** Fields of the option tables, in a section that opens. Basic options precede expert ones in each group. */
export function ReceiveFields({
  title = 'Advanced',
  rows,
  drafts,
  problems,
  defaults,
  chosen,
  onDraft,
  onReset,
}: ReceiveFieldsProps) {
  const wrong = problems.size
  return (
    <details className={styles.fold} data-wrong={wrong > 0}>
      <summary>
        {title}
        <span className={styles.count}>
          {wrong > 0 ? `${wrong} to correct` : chosen === 0 ? 'defaults' : `${chosen} set`}
        </span>
      </summary>
      {groupsOf(rows).map(([group, own]) => (
        <fieldset key={group} className={styles.group}>
          <legend>{group}</legend>
          {byKind(own).map((row) => (
            <OptionField key={choiceName(row)} {...{ row, drafts, problems, defaults, onDraft }} />
          ))}
        </fieldset>
      ))}
      {chosen > 0 && (
        <button type="button" className={styles.reset} onClick={onReset}>
          All defaults
        </button>
      )}
    </details>
  )
}

/** Fields before ticks, basic options before expert ones. */
export function byKind(rows: readonly OptionRow[]): OptionRow[] {
  return [...rows].sort((a, b) => rank(a) - rank(b))
}

/** Order in a group: fields before ticks, basic options before expert ones. */
function rank({ level, type }: OptionRow): number {
  return (isTick(type) ? 2 : 0) + (level === 'expert' ? 1 : 0)
}

function isTick(type: OptionRow['type']): boolean {
  return type.kind === 'flag' || type.kind === 'negated' || type.kind === 'switch'
}

type OptionFieldProps = Pick<ReceiveFieldsProps, 'drafts' | 'problems' | 'defaults' | 'onDraft'> & {
  readonly row: OptionRow
}

const SERVICES = ['all', 'first', 'none', 'scan'] as const

/** One option as a tick, a list or a text. */
export function OptionField({ row, drafts, problems, defaults, onDraft: onNamed }: OptionFieldProps) {
  const id = useId()
  const draft = drafts[choiceName(row)]
  const problem = problems.get(choiceName(row)) ?? null
  const onDraft = (value: string | boolean) => onNamed(choiceName(row), value)
  const { type } = row
  const hint = `${row.option ?? row.gpac?.name ?? row.key}: ${row.help}`
  if (isTick(type)) {
    const ticked = typeof draft === 'boolean' ? draft : row.default === true
    return (
      <div className={styles.tick} title={hint}>
        <input id={id} type="checkbox" checked={ticked} onChange={(event) => onDraft(event.target.checked)} />
        <label htmlFor={id}>{row.label}</label>
      </div>
    )
  }
  const text = typeof draft === 'string' ? draft : ''
  const unit = type.kind === 'number' ? type.unit : type.kind === 'duration' ? 's' : type.kind === 'bytes' ? 'B' : ''
  return (
    <div className={styles.field} title={hint}>
      <label htmlFor={id}>{row.label}</label>
      {type.kind === 'choice' ? (
        <select
          id={id}
          value={text === '' ? String(row.default) : text}
          onChange={(event) => onDraft(event.target.value)}
        >
          {type.values.map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </select>
      ) : (
        <span className={styles.entry}>
          <input
            id={id}
            type="text"
            value={text}
            placeholder={placeholderOf(row, defaults)}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : `${id}-problem`}
            list={type.kind === 'services' ? `${id}-list` : undefined}
            onChange={(event) => onDraft(event.target.value)}
          />
          {unit !== '' && <span className={styles.unit}>{unit}</span>}
        </span>
      )}
      {type.kind === 'services' && (
        <datalist id={`${id}-list`}>
          {SERVICES.map((value) => (
            <option key={value} value={value} />
          ))}
        </datalist>
      )}
      {problem !== null && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}
