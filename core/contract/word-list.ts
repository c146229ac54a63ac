/** Words as a sentence lists them: `USBD`, `USBD and MPD`, `USBD, S-TSID and MPD`. */
export function wordList(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
