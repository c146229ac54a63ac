import { choiceName } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import type { SentServiceSnapshot } from '../../../core/contract/sending-snapshot.ts'
import { UNKNOWN } from '../../model/format.ts'
import { MiddleCut } from '../../ui/MiddleCut.tsx'
import type { Drafts } from '../welcome/receive-form.ts'
import styles from './SendView.module.css'
import { TableHead } from './TableHead.tsx'

type ServiceTableProps = {
  /** What an input may have of its own. */
  readonly rows: readonly OptionRow[]
  readonly inputs: readonly { readonly input: string; readonly own: Drafts }[]
  /** Faults of each input, by the name of the option. */
  readonly problems: readonly ReadonlyMap<string, string>[]
  /** What would be sent, as far as it is known: where a field is empty, this holds. */
  readonly planned: readonly SentServiceSnapshot[]
  readonly onDraft: (at: number, name: string, value: string | boolean) => void
}

/** The services of a broadcast, one for each input, with what each has of its own. */
export function ServiceTable({ rows, inputs, problems, planned, onDraft }: ServiceTableProps) {
  const faults = problems.flatMap((each, at) =>
    [...each].map(([name, problem]) => ({
      key: `${at} ${name}`,
      text: `Input ${at + 1}, ${rows.find((row) => choiceName(row) === name)?.label ?? name}: ${problem}`,
    })),
  )
  return (
    <section className={styles.services} aria-label="Services">
      <h2>Services</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well */}
      <div className={styles.tableBox} tabIndex={0}>
        <table className={styles.table} aria-label="Services">
          <TableHead
            headings={[{ text: 'Input' }, ...rows.map((row) => ({ text: shortLabel(row), hint: row.help }))]}
          />
          <tbody>
            {inputs.map(({ input, own }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an input is its place
              <tr key={at}>
                <th scope="row" className={styles.inputName}>
                  {input.trim() === '' ? `Input ${at + 1}` : <MiddleCut text={input} />}
                </th>
                {rows.map((row) => {
                  const name = choiceName(row)
                  const label = `${shortLabel(row)} of input ${at + 1}`
                  const draft = own[name]
                  return (
                    <td key={name}>
                      {row.ofFiles === true && planned[at]?.content !== 'files' ? (
                        UNKNOWN
                      ) : row.type.kind === 'flag' ? (
                        <input
                          type="checkbox"
                          aria-label={label}
                          checked={draft === true}
                          onChange={(event) => onDraft(at, name, event.target.checked)}
                        />
                      ) : row.type.kind === 'choice' ? (
                        <select
                          aria-label={label}
                          value={typeof draft === 'string' && draft !== '' ? draft : String(row.default ?? '')}
                          onChange={(event) => onDraft(at, name, event.target.value)}
                        >
                          {row.type.values.map((value) => (
                            <option key={value} value={value}>
                              {value}
                            </option>
                          ))}
                        </select>
                      ) : (
                        <input
                          type="text"
                          aria-label={label}
                          className={
                            row.type.kind === 'number' || row.type.kind === 'duration' ? styles.number : styles.words
                          }
                          value={typeof draft === 'string' ? draft : ''}
                          placeholder={placeholder(row, planned[at])}
                          spellCheck={false}
                          autoComplete="off"
                          aria-invalid={problems[at]?.has(name) === true}
                          onChange={(event) => onDraft(at, name, event.target.value)}
                        />
                      )}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {faults.map(({ key, text }) => (
        <p key={key} className={styles.fault} role="alert">
          {text}
        </p>
      ))}
    </section>
  )
}

/** `Own service id` stands under the heading "Services". */
function shortLabel({ label }: OptionRow): string {
  const own = /^Own (?:service )?(.*)$/.exec(label)?.[1]
  return own === undefined ? label : own.charAt(0).toUpperCase() + own.slice(1)
}

function placeholder(row: OptionRow, planned: SentServiceSnapshot | undefined): string {
  if (row.default !== null) return String(row.default)
  if (row.key === 'serviceId' && planned !== undefined) return String(planned.id)
  if (row.key === 'serviceName' && planned !== undefined) return planned.name
  return 'auto'
}
