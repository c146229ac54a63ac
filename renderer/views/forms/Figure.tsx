type FigureProps = { readonly name: string; readonly value: string; readonly hint?: string }

/** One number of a list of figures. */
export function Figure({ name, value, hint }: FigureProps) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
