const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  Comma: ',',
  Period: '.',
}

/** Labels of a key in tinykeys' notation: `Ctrl K`, `⌘ K`, `⇧ E`. */
export function keyName(key: string, mac: boolean): readonly string[] {
  return key
    .replace('[Shift]+', '')
    .split(/(?<=\w)\+/)
    .map((part) => {
      if (part === '$mod') return mac ? '⌘' : 'Ctrl'
      if (part === 'Alt') return mac ? '⌥' : 'Alt'
      if (part === 'Shift') return mac ? '⇧' : 'Shift'
      return NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part.replace(/^(Key|Digit)(?=.$)/, ''))
    })
}

export const onMac = (): boolean => /Mac/.test(navigator.platform)
