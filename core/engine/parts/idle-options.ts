import type { AppError } from '../../contract/app-error.ts'
import { BROADCAST_FORMS, type BroadcastForm, type OptionRow } from '../../contract/option-row.ts'
import { writeOption } from '../../contract/option-values.ts'
import type { OptionValue } from '../../contract/session-spec.ts'
import { shownText } from '../../contract/shown-text.ts'
import { withoutCredentials } from '../../contract/shown-url.ts'
import { wordList } from '../../contract/word-list.ts'
import type { Presentation } from '../../ingest/presentation.ts'

/** Values of a part, by the keys of its table. */
type Values = { readonly [key: string]: OptionValue | undefined }

/** Chosen options that are for plain files, of an input that is none, or a name for several of them, as one warning each. */
export function idleForContent(
  rows: readonly OptionRow[],
  values: Values,
  { kind, files }: Pick<Presentation, 'kind' | 'files'>,
): AppError[] {
  const shown = shownText(withoutCredentials(String(values.input)), 300)
  return rows.flatMap(({ key, ofFiles, label, gpac }): AppError[] => {
    const isUsed = key === 'objectName' ? files.length === 1 : kind === 'files'
    if (ofFiles !== true || values[key] === undefined || isUsed) return []
    return [
      {
        code: 'not-supported',
        message: `"${label}" (${gpac?.name}) changes nothing of ${shown}: it is for ${key === 'objectName' ? 'one plain file' : 'plain files'}.`,
        tryThis: 'Leave it out.',
      },
    ]
  })
}

/** Chosen options without a meaning for a broadcast of this form, as one warning each. */
export function idleOptions(rows: readonly OptionRow[], values: Values, form: BroadcastForm): AppError[] {
  return rows.flatMap((row): AppError[] => {
    const { forms, key, default: fallback, option, label } = row
    const value = values[key]
    if (forms === undefined || forms.includes(form) || value === undefined || value === fallback) return []
    const written = writeOption(row, value)
    const isWord = row.type.kind === 'flag' || !written.ok
    const named = option === null ? `"${label}"` : isWord ? option : `${option} ${written.texts.join(' ')}`
    const others = wordList(forms.map((each) => BROADCAST_FORMS[each]))
    return [
      {
        code: 'not-supported',
        message: `${named} changes nothing of a broadcast to ${BROADCAST_FORMS[form]}: it is for ${others}.`,
        tryThis: 'Leave it out.',
      },
    ]
  })
}
