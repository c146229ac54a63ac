/** A column of a table. */
export type Heading = { readonly text: string; readonly isNumber?: boolean; readonly hint?: string }

/** The names of a table's columns. */
export function TableHead({ headings }: { readonly headings: readonly Heading[] }) {
  return (
    <thead>
      <tr>
        {headings.map(({ text, isNumber, hint }) => (
          <th key={text} scope="col" title={hint} data-number={isNumber ? true : undefined}>
            {text}
          </th>
        ))}
      </tr>
    </thead>
  )
}

/** Columns of numbers. */
export function numberHeadings(...texts: readonly string[]): readonly Heading[] {
  return texts.map((text) => ({ text, isNumber: true }))
}
