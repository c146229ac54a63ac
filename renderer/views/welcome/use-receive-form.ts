import { useMemo, useState } from 'react'
import { useStore } from 'zustand'
import type { Choices } from '../../../core/contract/choices.ts'
import type { OptionRow } from '../../../core/contract/option-row.ts'
import type { SourceGroup } from '../../../core/contract/part-description.ts'
import { appDefaults, formRows } from '../../model/options.ts'
import { connectionStore, partsOf } from '../../stores/connection-store.ts'
import { type Drafts, draftsOf, readDrafts } from './receive-form.ts'

/** Fields of a form over the option tables, and their choices. @param text the typed sources, which select the options */
export function useReceiveForm(group: SourceGroup, before: Choices, text = '') {
  const parts = useStore(connectionStore, partsOf)
  const rows = useMemo(() => formRows(parts, group, text), [parts, group, text])
  const defaults = useMemo(() => appDefaults(group), [group])
  return { parts, ...useOptionFields(rows, before, defaults) }
}

const NO_DEFAULTS: Choices = {}

/** Fields of options, which begin with earlier choices. */
export function useOptionFields(rows: readonly OptionRow[], before: Choices, defaults: Choices = NO_DEFAULTS) {
  const [changed, setChanged] = useState<Drafts | null>(null)
  const remembered = useMemo(() => draftsOf(rows, before), [rows, before])
  const drafts = changed ?? remembered
  const { choices, problems } = useMemo(() => readDrafts(rows, drafts, defaults), [rows, drafts, defaults])
  return {
    choices,
    problems,
    fields: {
      rows,
      drafts,
      problems,
      defaults,
      chosen: Object.keys(choices).length,
      onDraft: (name: string, value: string | boolean) => setChanged({ ...drafts, [name]: value }),
      onReset: () => setChanged({}),
    },
  }
}
