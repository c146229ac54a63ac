/** Arguments without the undefined ones at their end: a wire would make null of them. */
export function givenOf(args: readonly unknown[]): readonly unknown[] {
  let end = args.length
  while (end > 0 && args[end - 1] === undefined) end--
  return args.slice(0, end)
}
