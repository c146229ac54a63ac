import { describe, expect, it } from 'vitest'
import css from './tokens.css?raw'

/** The colours among the custom properties of one block. */
function tokens(selector: string): ReadonlyMap<string, string> {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('\n}', start))
  return new Map([...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map((match) => [match[1] ?? '', match[2] ?? '']))
}

function luminance(hex: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

const THEMES = { dark: tokens(':root[data-theme="dark"]'), light: tokens(':root[data-theme="light"]') } as const
const SURFACES = [
  'surface-0',
  'surface-1',
  'surface-2',
  'surface-3',
  'surface-inset',
  'surface-selected',
  'surface-overlay',
]
const WORDS = ['text', 'text-2', 'text-3', 'accent', 'error', 'warning', 'info', 'ok']
const ROLES = ['video', 'audio', 'text', 'signaling', 'data', 'repair', 'unknown'].map((role) => `role-${role}`)

describe.each(Object.entries(THEMES))('the %s theme', (_name, theme) => {
  const hex = (token: string) => {
    const value = theme.get(token)
    if (value === undefined) throw new Error(`no token --${token}`)
    return value
  }

  it.each(WORDS.flatMap((word) => SURFACES.map((surface) => [word, surface] as const)))(
    'shows %s on %s with at least 4.5:1',
    (word, surface) => {
      expect(contrast(hex(word), hex(surface))).toBeGreaterThanOrEqual(4.5)
    },
  )

  it.each(ROLES)('shows %s as text on panels with at least 4.5:1', (role) => {
    expect(contrast(hex(role), hex('surface-1'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(hex(role), hex('surface-inset'))).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['error', 'warning', 'info'])('shows words on a %s banner with at least 4.5:1', (severity) => {
    for (const word of ['text', 'text-2', severity]) {
      expect(contrast(hex(word), hex(`${severity}-fill`))).toBeGreaterThanOrEqual(4.5)
    }
  })

  it('shows labels of filled buttons, also under the pointer', () => {
    expect(contrast(hex('on-accent'), hex('accent-fill'))).toBeGreaterThanOrEqual(4.5)
    expect(contrast(hex('on-accent'), hex('accent-fill-hover'))).toBeGreaterThanOrEqual(4.5)
  })

  it('has every token of the other theme', () => {
    expect([...theme.keys()].sort()).toEqual([...THEMES.dark.keys()].sort())
  })
})
