// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest'
import { keyName } from '../model/key-name.ts'
import { addCommands } from '../stores/command-store.ts'
import { bindKeys, keyApplies } from './key-map.ts'

function page(html: string): Element {
  document.body.innerHTML = html
  const target = document.querySelector('#t')
  if (target === null) throw new Error('no target')
  return target
}

function type(target: Element, key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, code: key, bubbles: true, cancelable: true, ...more })
  target.dispatchEvent(event)
  return event
}

describe('keyApplies', () => {
  it('leaves keys without a modifier to a focused text field', () => {
    const input = page('<input id="t">')
    expect(keyApplies('j', undefined, input)).toBe(false)
    expect(keyApplies('$mod+k', undefined, input)).toBe(true)
    expect(keyApplies('F6', undefined, input)).toBe(true)
  })

  it('leaves keys to an open dialog', () => {
    expect(keyApplies('j', undefined, page('<div role="dialog"><p id="t"></p></div>'))).toBe(false)
  })

  it('leaves Space and Enter to a focused button', () => {
    const button = page('<button id="t"></button>')
    expect(keyApplies('Space', undefined, button)).toBe(false)
    expect(keyApplies('j', undefined, button)).toBe(true)
  })

  it('applies the keys of a panel only inside it', () => {
    const inside = page('<section data-panel="timeline"><p id="t"></p></section>')
    expect(keyApplies('w', 'timeline', inside)).toBe(true)
    expect(keyApplies('w', 'player', inside)).toBe(false)
  })
})

describe('bound keys', () => {
  const offs: (() => void)[] = []
  afterEach(() => {
    for (const off of offs.splice(0)) off()
  })

  it('run the command of the focused panel before the window’s', () => {
    const inPanel = vi.fn()
    const anywhere = vi.fn()
    offs.push(
      addCommands([
        { id: 'a', title: 'A', group: 'View', keys: ['s'], run: anywhere },
        { id: 'b', title: 'B', group: 'Timeline', keys: ['s'], panel: 'timeline', run: inPanel },
      ]),
      bindKeys(window),
    )
    type(page('<section data-panel="timeline"><p id="t"></p></section>'), 's')
    expect(inPanel).toHaveBeenCalledTimes(1)
    expect(anywhere).not.toHaveBeenCalled()
    const event = type(page('<p id="t"></p>'), 's')
    expect(anywhere).toHaveBeenCalledTimes(1)
    expect(event.defaultPrevented).toBe(true)
  })

  it('follow added and removed commands, and skip disabled ones', () => {
    const run = vi.fn()
    let enabled = false
    offs.push(bindKeys(window))
    const target = page('<p id="t"></p>')
    offs.push(addCommands([{ id: 'c', title: 'C', group: 'View', keys: ['x'], enabled: () => enabled, run }]))
    type(target, 'x')
    expect(run).not.toHaveBeenCalled()
    enabled = true
    type(target, 'x')
    expect(run).toHaveBeenCalledTimes(1)
  })
})

it('prints keys as keyboards do', () => {
  expect(keyName('$mod+Shift+p', false)).toEqual(['Ctrl', 'Shift', 'P'])
  expect(keyName('$mod+k', true)).toEqual(['⌘', 'K'])
  expect(keyName('[Shift]+?', false)).toEqual(['?'])
  expect(keyName('Escape', false)).toEqual(['Esc'])
})
