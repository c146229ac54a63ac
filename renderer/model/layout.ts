/*
 * The frame as a value: splits of groups, groups of panels. Sizes, the panel in front and folded groups are the user's and
 * live in the settings, by the ids used here; the tree itself is what a workspace will be when there are several.
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

/** Panels that share one place, one in front at a time. */
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
  /** Takes the room that is left over, and gives it when the window shrinks. */
  readonly stretches?: boolean
}

export type LayoutNode = Split | Group

/** Services, then what arrives over time, then the one thing looked at. */
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
          panels: ['objects', 'flows', 'signalling', 'alarms', 'log'],
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
]

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
}

/** Every group of a tree, from left to right and top to bottom. */
export function groupsOf(node: LayoutNode): readonly Group[] {
  return node.kind === 'group' ? [node] : node.children.flatMap(groupsOf)
}

export function groupOfPanel(node: LayoutNode, panel: PanelId): Group | undefined {
  return groupsOf(node).find((group) => group.panels.includes(panel))
}

/** The panel in front of a group: the remembered one where it still belongs there. */
export function frontPanel(group: Group, fronts: Readonly<Record<string, string>>): PanelId | undefined {
  return group.panels.find((panel) => panel === fronts[group.id]) ?? group.panels[0]
}

/** A node is folded away when all groups in it are. */
export function isHidden(node: LayoutNode, hidden: readonly string[]): boolean {
  return node.kind === 'group' ? hidden.includes(node.id) : node.children.every((child) => isHidden(child, hidden))
}

/** The panels on the screen now, in the rail's order: where F6 goes. */
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
