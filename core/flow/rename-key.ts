/** Puts what is known under a number under another one, as its newest; nothing where nothing is known. */
export function renameKey<Key, Value>(
  map: { get(key: Key): Value | undefined; set(key: Key, value: Value): unknown; delete(key: Key): unknown },
  from: Key,
  to: Key,
): void {
  const value = map.get(from)
  if (value === undefined) return
  map.delete(from)
  map.set(to, value)
}
