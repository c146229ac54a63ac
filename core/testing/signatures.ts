import { parseSync } from 'vite'

type Node = { readonly type: string; readonly start: number } & Readonly<Record<string, unknown>>

/** Functions, methods, constructors and types of functions with more than `most` parameters, as `file:line name (count)`. */
export function longSignatures(file: string, text: string, most: number): string[] {
  const found: string[] = []
  const look = (node: Node, name: string): void => {
    const parameters = parametersOf(node)
    if (parameters > most) found.push(`${file}:${text.slice(0, node.start).split('\n').length} ${name} (${parameters})`)
    for (const value of Object.values(node)) for (const each of nodesOf(value)) look(each, nameOf(node) ?? name)
  }
  for (const each of nodesOf(parseSync(file, text).program)) look(each, '')
  return found
}

function parametersOf({ type, params }: Node): number {
  return Array.isArray(params) && !type.startsWith('TSTypeParameter') ? params.length : 0
}

function nameOf({ id, key }: Node): string | undefined {
  return (id as { name?: string } | undefined | null)?.name ?? (key as { name?: string } | undefined | null)?.name
}

function nodesOf(value: unknown): Node[] {
  const values: unknown[] = Array.isArray(value) ? value : [value]
  return values.filter((each): each is Node => typeof (each as Node | null)?.type === 'string')
}
