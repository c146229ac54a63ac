import { useMemo } from 'react'
import { syntaxRuns } from '../model/syntax.ts'
import styles from './SyntaxText.module.css'

type SyntaxTextProps = { readonly label: string; readonly text: string; readonly language: 'xml' | 'plain' }

/** Text with coloured syntax that can be selected and copied. */
export function SyntaxText({ label, text, language }: SyntaxTextProps) {
  const runs = useMemo(() => syntaxRuns(text, language), [text, language])
  let at = 0
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling text must be reachable by keyboard
    <section className={styles.scroller} tabIndex={0} aria-label={label}>
      <pre className={styles.text}>
        {runs.map((run) => {
          const key = at
          at += run.text.length
          return run.kind === null ? (
            run.text
          ) : (
            <span key={key} className={styles[run.kind]}>
              {run.text}
            </span>
          )
        })}
      </pre>
    </section>
  )
}
