import { describe, expect, it } from 'vitest'
import { frontPanel, groupOfPanel, groupsOf, INSPECT_LAYOUT, isHidden, PANEL_ORDER, visiblePanels } from './layout.ts'

describe('the frame', () => {
  it('has every panel in exactly one place', () => {
    const placed = groupsOf(INSPECT_LAYOUT).flatMap((group) => group.panels)
    expect([...placed].sort()).toEqual([...PANEL_ORDER].sort())
  })

  it('shows the stored panel of a group, or its first', () => {
    const tables = groupOfPanel(INSPECT_LAYOUT, 'objects')
    if (tables === undefined) throw new Error('no tables')
    expect(frontPanel(tables, { tables: 'flows' })).toBe('flows')
    expect(frontPanel(tables, { tables: 'player' })).toBe('objects')
    expect(frontPanel(tables, {})).toBe('objects')
  })

  it('hides a split with the last of its groups', () => {
    const right = INSPECT_LAYOUT.children.find((child) => child.id === 'right')
    if (right === undefined) throw new Error('no right side')
    expect(isHidden(right, ['detail'])).toBe(false)
    expect(isHidden(right, ['detail', 'picture'])).toBe(true)
  })

  it('walks the visible panels in the rail’s order', () => {
    expect(visiblePanels(INSPECT_LAYOUT, { tables: 'log' }, ['detail'])).toEqual([
      'services',
      'timeline',
      'player',
      'log',
    ])
  })
})
