const TILE = 6

/** Diagonal stripes of `colour` on a transparent ground, for incomplete bars. */
export function hatch(context: CanvasRenderingContext2D, colour: string): CanvasPattern | string {
  const tile = document.createElement('canvas')
  tile.width = TILE
  tile.height = TILE
  const pen = tile.getContext('2d')
  if (pen === null) return colour
  pen.strokeStyle = colour
  pen.lineWidth = 2
  pen.beginPath()
  for (const shift of [-TILE, 0, TILE]) {
    pen.moveTo(shift, TILE)
    pen.lineTo(shift + TILE, 0)
  }
  pen.stroke()
  return context.createPattern(tile, 'repeat') ?? colour
}
