type Press = {
  readonly key: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

export type GridAction =
  | { readonly kind: 'select'; readonly position: number }
  | { readonly kind: 'activate' }
  | { readonly kind: 'toggle'; readonly expand: boolean }
  | { readonly kind: 'copy' }

/** Action of a key in a grid; null: the key is not the grid's. Selection does not wrap. */
export function gridKey(
  press: Press,
  at: { readonly selected: number; readonly count: number; readonly page: number },
): GridAction | null {
  const { key } = press
  if (press.altKey) return null
  if (press.ctrlKey || press.metaKey) return key === 'c' ? { kind: 'copy' } : null
  if (press.shiftKey || at.count === 0) return null
  const select = (position: number): GridAction => ({
    kind: 'select',
    position: Math.max(0, Math.min(at.count - 1, position)),
  })
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return select(at.selected + 1)
    case 'ArrowUp':
    case 'k':
      return select(at.selected < 0 ? 0 : at.selected - 1)
    case 'PageDown':
      return select(Math.max(at.selected, 0) + at.page)
    case 'PageUp':
      return select(at.selected - at.page)
    case 'Home':
      return select(0)
    case 'End':
      return select(at.count - 1)
    case 'Enter':
      return { kind: 'activate' }
    case 'ArrowRight':
      return { kind: 'toggle', expand: true }
    case 'ArrowLeft':
      return { kind: 'toggle', expand: false }
    default:
      return null
  }
}
