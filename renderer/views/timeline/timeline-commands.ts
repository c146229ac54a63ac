import type { Command } from '../../stores/command-store.ts'
import type { TimelineController } from './timeline-controller.ts'

const ZOOM = 1.5
const PAN = 0.15

/** Commands of the timeline, with keys that apply while it has the focus. */
export function timelineCommands(timeline: TimelineController): readonly Command[] {
  const command = (id: string, title: string, keys: readonly string[], run: () => void): Command => ({
    id: `timeline-${id}`,
    title,
    group: 'Timeline',
    keys,
    panel: 'timeline',
    run,
  })
  return [
    command('zoom-in', 'Zoom in on the timeline', ['w', 'ArrowUp', '=', '+', 'Shift++'], () => timeline.zoom(1 / ZOOM)),
    command('zoom-out', 'Zoom out of the timeline', ['s', 'ArrowDown', '-'], () => timeline.zoom(ZOOM)),
    command('earlier', 'Move the timeline earlier', ['a', 'ArrowLeft'], () => timeline.pan(-PAN)),
    command('later', 'Move the timeline later', ['d', 'ArrowRight'], () => timeline.pan(PAN)),
    command('fit', 'Focus the selected object, again: show everything', ['f'], () => timeline.focusSelection()),
    command('follow', 'Follow the newest packet', ['End', 'g'], () => timeline.followEdge()),
    command('next', 'Select the next object on the lane', ['.'], () => timeline.step(1)),
    command('previous', 'Select the previous object on the lane', [','], () => timeline.step(-1)),
    command('next-problem', 'Select the next incomplete object', ['e'], () => timeline.stepProblem(1)),
    command('previous-problem', 'Select the previous incomplete object', ['Shift+E'], () => timeline.stepProblem(-1)),
  ]
}
