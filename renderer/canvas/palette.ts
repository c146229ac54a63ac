import type { ChannelRole } from '../../core/contract/report.ts'

/** The theme's colours and fonts for canvases, read once per theme. */
export type Palette = {
  readonly role: { readonly [Role in ChannelRole]: string }
  readonly surface: string
  readonly surfaceRaised: string
  readonly surfaceSelected: string
  readonly onRole: string
  readonly text: string
  readonly textQuiet: string
  readonly grid: string
  readonly gridStrong: string
  readonly hairline: string
  readonly hole: string
  readonly missing: string
  readonly truncated: string
  readonly warning: string
  readonly cursor: string
  readonly range: string
  readonly accent: string
  readonly liveEdge: string
  readonly repeatAlpha: number
  readonly font: string
}

/** Reads the tokens (app/tokens.css) as they apply to `element`. */
export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element)
  const token = (name: string, fallback: string): string => style.getPropertyValue(name).trim() || fallback
  const role = (name: string): string => token(`--role-${name}`, '#8893a4')
  return {
    role: {
      video: role('video'),
      audio: role('audio'),
      text: role('text'),
      signaling: role('signaling'),
      data: role('data'),
      unknown: role('unknown'),
    },
    surface: token('--surface-1', '#11151b'),
    surfaceRaised: token('--surface-2', '#171c24'),
    surfaceSelected: token('--surface-selected-quiet', '#1a2430'),
    onRole: token('--surface-inset', '#0d1116'),
    text: token('--text', '#e4e9f0'),
    textQuiet: token('--text-3', '#8c97a8'),
    grid: token('--grid', '#1c222b'),
    gridStrong: token('--grid-strong', '#2a323e'),
    hairline: token('--hairline', '#222934'),
    hole: token('--object-hole', '#ff7a73'),
    missing: token('--object-missing', '#2a1517'),
    truncated: token('--object-truncated', '#8893a4'),
    warning: token('--warning', '#f2b544'),
    cursor: token('--cursor', '#f5f7fa'),
    range: token('--range', 'rgb(121 180 255 / 0.16)'),
    accent: token('--accent', '#79b4ff'),
    liveEdge: token('--live-edge', '#ff6a64'),
    repeatAlpha: Number(token('--object-repeat-alpha', '0.4')),
    font: `11px ${token('--font-ui', 'sans-serif')}`,
  }
}

/** Calls `listener` when the theme changes. @returns a function that stops it */
export function watchTheme(listener: () => void): () => void {
  const observer = new MutationObserver(listener)
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] })
  return () => observer.disconnect()
}
