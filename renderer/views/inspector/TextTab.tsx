import { useMemo, useState } from 'react'
import { indentXml } from '../../model/syntax.ts'
import { CopyButton } from '../../ui/CopyButton.tsx'
import { Segmented } from '../../ui/Segmented.tsx'
import { SyntaxText } from '../../ui/SyntaxText.tsx'
import styles from './InspectorView.module.css'

type TextTabProps = { readonly name: string; readonly text: string; readonly language: 'xml' | 'plain' }

/** The text of an object, as sent or indented, wrapped or not. */
export function TextTab({ name, text, language }: TextTabProps) {
  const [shape, setShape] = useState<'indented' | 'sent'>('indented')
  const [wrap, setWrap] = useState(false)
  const shown = useMemo(
    () => (language === 'xml' && shape === 'indented' ? indentXml(text) : text),
    [text, language, shape],
  )
  return (
    <div className={styles.textTab}>
      <div className={styles.textBar}>
        {language === 'xml' && (
          <Segmented
            label="Layout of the text"
            value={shape}
            onChange={setShape}
            options={[
              { value: 'indented', text: 'Indented' },
              { value: 'sent', text: 'As sent' },
            ]}
          />
        )}
        <label className={styles.check}>
          <input type="checkbox" checked={wrap} onChange={(event) => setWrap(event.target.checked)} /> Wrap
        </label>
        <CopyButton label="Copy text" text={() => shown} />
      </div>
      <div className={styles.textBody} data-wrap={wrap || undefined}>
        <SyntaxText label={`Text of ${name}`} text={shown} language={language} />
      </div>
    </div>
  )
}
