import { useMemo, useState } from 'react'
import type { JsonObject } from '../../../core/contract/report.ts'
import { type Column, Grid } from '../../ui/Grid.tsx'
import { type ValueLine, valueLines } from './value-lines.ts'

const COLUMNS: readonly Column<ValueLine>[] = [
  { id: 'name', title: 'Name', width: 160, grow: 3, text: (line) => line.name, tooltip: (line) => line.name },
  {
    id: 'value',
    title: 'Value',
    width: 110,
    grow: 2,
    text: (line) => line.value ?? line.summary,
    tooltip: (line) => line.value ?? undefined,
  },
]

/** The values of a table as a tree that folds. */
export function DecodedTab({ label, values }: { readonly label: string; readonly values: JsonObject }) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set())
  const [selected, setSelected] = useState(-1)
  const lines = useMemo(() => valueLines(values, toggled), [values, toggled])
  const toggle = (position: number) => {
    const line = lines[position]
    if (line === undefined || line.expanded === null) return
    const next = new Set(toggled)
    if (!next.delete(line.path)) next.add(line.path)
    setToggled(next)
  }
  return (
    <Grid
      label={label}
      columns={COLUMNS}
      count={lines.length}
      rowAt={(position) => lines[position] ?? null}
      selected={selected}
      onSelect={setSelected}
      onActivate={toggle}
      onToggle={toggle}
      tree={(line) => ({ level: line.level, expanded: line.expanded })}
    />
  )
}
