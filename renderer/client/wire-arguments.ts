/** Arguments without trailing undefined ones, which a wire would turn into null. */
export function withoutTrailingUndefined(args: readonly unknown[]): readonly unknown[] {
  let end = args.length
  while (end > 0 && args[end - 1] === undefined) end--
  return args.slice(0, end)
}
