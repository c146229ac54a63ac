import type { ReactNode } from 'react'
import { type Choices, choiceName } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import { byKind, OptionField, ReceiveFields } from '../welcome/ReceiveFields.tsx'
import type { Drafts } from '../welcome/receive-form.ts'
import styles from './Forms.module.css'

type OptionBlockProps = {
  readonly rows: readonly OptionRow[]
  readonly drafts: Drafts
  /** Faults by the name of the option. */
  readonly problems: ReadonlyMap<string, string>
  /** What differs from the defaults. */
  readonly choices: Choices
  readonly onDraft: (name: string, value: string | boolean) => void
  readonly onReset: () => void
  /** Fields that precede the options. */
  readonly children?: ReactNode
}

/** The options of a form: basic ones at once, the others in a section that opens. */
export function OptionBlock({ rows, drafts, problems, choices, onDraft, onReset, children }: OptionBlockProps) {
  const basic = byKind(rows.filter(({ level }) => level === 'basic'))
  const expert = rows.filter(({ level }) => level === 'expert')
  const names = new Set(expert.map(choiceName))
  return (
    <>
      <div className={styles.options}>
        {children}
        {basic.map((row) => (
          <OptionField key={choiceName(row)} {...{ row, drafts, problems, onDraft }} defaults={{}} />
        ))}
      </div>
      <ReceiveFields
        title="More options"
        rows={expert}
        drafts={drafts}
        problems={new Map([...problems].filter(([name]) => names.has(name)))}
        defaults={{}}
        chosen={expert.filter((row) => choices[choiceName(row)] !== undefined).length}
        onDraft={onDraft}
        onReset={onReset}
      />
    </>
  )
}
