/*
 * The frame as data: splits of groups, groups of panels. The settings store sizes, front panels and hidden groups by the ids
 * used here.
 */

export type PanelId =
  | 'services'
  | 'timeline'
  | 'objects'
  | 'flows'
  | 'signalling'
  | 'alarms'
  | 'log'
  | 'player'
  | 'inspector'
  | 'send'
  | 'serve'
  | 'wall'
  | 'relay'

/** Panels that share one place; one is in front. */
export type Group = {
  readonly kind: 'group'
  readonly id: string
  readonly panels: readonly PanelId[]
  readonly minSize: number
  /** px, or a share such as `55%`. */
  readonly size: number | string
}

export type Split = {
  readonly kind: 'split'
  readonly id: string
  readonly direction: 'row' | 'column'
  readonly children: readonly LayoutNode[]
  readonly minSize: number
  readonly size: number | string
  /** Grows and shrinks with the window. */
  readonly stretches?: boolean
}

export type LayoutNode = Split | Group

/** Services at the left, timeline and tables in the middle, player and inspector at the right. */
export const INSPECT_LAYOUT: Split = {
  kind: 'split',
  id: 'frame',
  direction: 'row',
  minSize: 0,
  size: '100%',
  children: [
    { kind: 'group', id: 'left', panels: ['services'], minSize: 186, size: 306 },
    {
      kind: 'split',
      id: 'centre',
      direction: 'column',
      minSize: 470,
      size: 700,
      stretches: true,
      children: [
        { kind: 'group', id: 'over-time', panels: ['timeline'], minSize: 120, size: '42%' },
        {
          kind: 'group',
          id: 'tables',
          panels: ['objects', 'flows', 'signalling', 'alarms', 'log', 'wall', 'send', 'serve', 'relay'],
          minSize: 120,
          size: '58%',
        },
      ],
    },
    {
      kind: 'split',
      id: 'right',
      direction: 'column',
      minSize: 256,
      size: 370,
      children: [
        { kind: 'group', id: 'picture', panels: ['player'], minSize: 160, size: '46%' },
        { kind: 'group', id: 'detail', panels: ['inspector'], minSize: 120, size: '54%' },
      ],
    },
  ],
}

/** The order of the rail, of Alt+1… and of F6. */
export const PANEL_ORDER: readonly PanelId[] = [
  'services',
  'signalling',
  'flows',
  'objects',
  'timeline',
  'player',
  'inspector',
  'alarms',
  'log',
  'send',
  'serve',
  'wall',
  'relay',
]

/** Keys of the panel at a place of PANEL_ORDER: Alt+1 to Alt+9, Alt+0, then Alt+-, as they lie on a keyboard; the wall has Alt+w, the relay Alt+=. */
export const panelKeys = (at: number): string => `Alt+${'1234567890-w='[at]}`

export const PANEL_TITLES: Readonly<Record<PanelId, string>> = {
  services: 'Services',
  timeline: 'Timeline',
  objects: 'Objects',
  flows: 'Flows',
  signalling: 'Signalling',
  alarms: 'Alarms',
  log: 'Log',
  player: 'Player',
  inspector: 'Inspector',
  send: 'Send',
  serve: 'Serve',
  wall: 'Wall',
  relay: 'Relay',
}

/** Every group of a tree, from left to right and top to bottom. */
export function groupsOf(node: LayoutNode): readonly Group[] {
  return node.kind === 'group' ? [node] : node.children.flatMap(groupsOf)
}

export function groupOfPanel(node: LayoutNode, panel: PanelId): Group | undefined {
  return groupsOf(node).find((group) => group.panels.includes(panel))
}

/** The panel in front of a group: the stored one if it belongs to the group, else the first. */
export function frontPanel(group: Group, fronts: Readonly<Record<string, string>>): PanelId | undefined {
  return group.panels.find((panel) => panel === fronts[group.id]) ?? group.panels[0]
}

/** Whether all groups of a node are hidden. */
export function isHidden(node: LayoutNode, hidden: readonly string[]): boolean {
  return node.kind === 'group' ? hidden.includes(node.id) : node.children.every((child) => isHidden(child, hidden))
}

/** The visible panels in the rail's order, which F6 steps through. */
export function visiblePanels(
  node: LayoutNode,
  fronts: Readonly<Record<string, string>>,
  hidden: readonly string[],
): readonly PanelId[] {
  const shown = new Set(
    groupsOf(node)
      .filter((group) => !hidden.includes(group.id))
      .map((group) => frontPanel(group, fronts)),
  )
  return PANEL_ORDER.filter((panel) => shown.has(panel))
}
