/** An entry of a folder in a listing. */
export type ListedEntry = {
  readonly name: string
  readonly folder: boolean
  /** Null for folders. */
  readonly sizeBytes: number | null
  /** Null where it is not known. */
  readonly modifiedMs: number | null
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Sorts entries as they are listed, folders first. */
export function sortEntries(entries: readonly ListedEntry[]): readonly ListedEntry[] {
  return [...entries].sort((a, b) => Number(b.folder) - Number(a.folder) || (a.name < b.name ? -1 : 1))
}

/** Parts of the page of a folder. Names come from uploads: they are text here, never markup. */
export function* listingPage(path: string, entries: readonly ListedEntry[]): Generator<string> {
  const title = `Index of ${escaped(path)}`
  yield `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;max-width:60rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem 1rem .25rem 0}
td:nth-child(3),th:nth-child(3){text-align:right}td:nth-child(n+2){white-space:nowrap;font-variant-numeric:tabular-nums}
td:first-child{overflow-wrap:anywhere}tr+tr{border-top:1px solid #8883}
</style></head><body><h1>${title}</h1><table><tr><th>Name</th><th>Last changed (UTC)</th><th>Size</th></tr>`
  if (path !== '/') yield '<tr><td><a href="../">../</a></td><td></td><td></td></tr>'
  for (const { name, folder, sizeBytes, modifiedMs } of entries) {
    const shown = folder ? `${name}/` : name
    const href = `./${encodeURIComponent(name)}${folder ? '/' : ''}`
    const time = modifiedMs === null ? '' : new Date(modifiedMs).toISOString().slice(0, 19).replace('T', ' ')
    yield `<tr><td><a href="${href}">${escaped(shown)}</a></td><td>${time}</td><td>${sizeText(sizeBytes)}</td></tr>`
  }
  yield '</table></body></html>\n'
}

/** Parts of the same as JSON. */
export function* listingJson(path: string, entries: readonly ListedEntry[]): Generator<string> {
  yield `{"path":${JSON.stringify(path)},"entries":[`
  for (const [at, entry] of entries.entries()) yield `${at === 0 ? '' : ','}${JSON.stringify(entry)}`
  yield ']}\n'
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}

function sizeText(bytes: number | null): string {
  if (bytes === null) return ''
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3))
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`
}
