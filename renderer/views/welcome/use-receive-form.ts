import { useMemo, useState } from 'react'
import type { ReceiveChoices } from '../../../core/contract/receive-options.ts'
import { appStandards, type Drafts, draftsOf, type FormKind, formRows, readDrafts } from './receive-form.ts'

/** The fields of a form made from the table of receive options, and what they choose by now. */
export function useReceiveForm(kind: FormKind, before: ReceiveChoices) {
  const rows = useMemo(() => formRows(kind), [kind])
  const standards = useMemo(() => appStandards(kind), [kind])
  const [drafts, setDrafts] = useState<Drafts>(() => draftsOf(rows, before))
  const { choices, problems } = useMemo(() => readDrafts(rows, drafts, standards), [rows, drafts, standards])
  return {
    choices,
    problems,
    fields: {
      rows,
      drafts,
      problems,
      standards,
      chosen: Object.keys(choices).length,
      onDraft: (key: string, value: string | boolean) => setDrafts((all) => ({ ...all, [key]: value })),
      onReset: () => setDrafts({}),
    },
  }
}
