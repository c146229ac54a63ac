/** Adds an event listener. @returns a function that removes it */
export function listen<Name extends keyof HTMLElementEventMap>(
  on: HTMLElement,
  name: Name,
  run: (event: HTMLElementEventMap[Name]) => void,
  options?: AddEventListenerOptions,
): () => void {
  on.addEventListener(name, run, options)
  return () => on.removeEventListener(name, run, options)
}
