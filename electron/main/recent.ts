import type { RecentItem } from '../../core/contract/shell-api.ts'
import { readJson, writeJson } from './json-file.ts'

const MOST_RECENT = 12
const LONGEST_TEXT = 4096

/** Recently opened captures and addresses, newest first, kept in one file between runs. */
export class RecentItems {
  readonly #path: string
  #items: readonly RecentItem[]

  constructor(path: string) {
    this.#path = path
    const stored = readJson(path)
    this.#items = Array.isArray(stored) ? stored.filter(isRecentItem).slice(0, MOST_RECENT) : []
  }

  list(): readonly RecentItem[] {
    return this.#items
  }

  /** Puts `item` first; an earlier entry of it is removed. */
  add(item: RecentItem): void {
    const others = this.#items.filter((other) => other.kind !== item.kind || other.value !== item.value)
    this.#items = [{ kind: item.kind, value: item.value, label: item.label }, ...others].slice(0, MOST_RECENT)
    writeJson(this.#path, this.#items)
  }
}

/** True where a value from a page or a file is a recent item of acceptable size. */
export function isRecentItem(value: unknown): value is RecentItem {
  if (typeof value !== 'object' || value === null) return false
  const { kind, value: target, label } = value as Partial<Record<keyof RecentItem, unknown>>
  return (kind === 'capture' || kind === 'url') && isShortText(target) && isShortText(label)
}

const isShortText = (text: unknown) => typeof text === 'string' && text.length > 0 && text.length <= LONGEST_TEXT
