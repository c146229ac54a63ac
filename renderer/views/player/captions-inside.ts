/** Keeps captions within the picture: a sender may place a region below it, where nobody would see it. @returns stops */
export function keepInside(captions: HTMLElement): () => void {
  const observer = new MutationObserver(() => {
    const room = captions.getBoundingClientRect()
    for (const region of captions.querySelectorAll<HTMLElement>('div > div')) {
      if (region.dataset.moved !== undefined || region.style.position !== 'absolute') continue
      const { top, bottom } = region.getBoundingClientRect()
      const below = bottom - room.bottom
      const above = room.top - top
      if (below <= 0 && above <= 0) continue
      region.dataset.moved = ''
      region.style.transform = `translateY(${below > 0 ? -below : above}px)`
    }
  })
  observer.observe(captions, { childList: true, subtree: true })
  return () => observer.disconnect()
}
