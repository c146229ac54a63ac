/** An event listener as an effect: the answer takes it off again. */
export function listen<Name extends keyof HTMLElementEventMap>(
  on: HTMLElement,
  name: Name,
  run: (event: HTMLElementEventMap[Name]) => void,
  options?: AddEventListenerOptions,
): () => void {
  on.addEventListener(name, run, options)
  return () => on.removeEventListener(name, run, options)
}
