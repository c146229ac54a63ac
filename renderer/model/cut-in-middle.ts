/**
 * A text of at most so many characters, an ellipsis in place of its middle. For texts whose room is not known in pixels;
 * where it is, MiddleCut cuts no more than it must.
 */
export function cutInMiddle(text: string, most: number): string {
  const characters = Array.from(text)
  if (characters.length <= most) return text
  const tail = (most - 1) >> 1
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(-tail).join('')}`
}
