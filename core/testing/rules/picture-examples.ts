import type { PICTURE_RULES } from '../../contract/picture-rules.ts'
import type { SeenStretch } from '../../flow/findings.ts'
import { at, type Example } from './example.ts'

const NOW_US = 1_700_000_000e6

function example(kind: 'pictureBlack' | 'pictureFrozen' | 'soundSilent'): Example {
  const found = (stretch: SeenStretch, over: boolean) => at({ kind, serviceName: 'Alpha', stretch, over })
  const long = { fromUs: NOW_US - 12e6, untilUs: NOW_US }
  return {
    raises: [found(long, false), found(long, true)],
    quiet: found({ fromUs: NOW_US - 8e6, untilUs: NOW_US }, true),
  }
}

/** Of the rules for what is seen and heard. */
export const PICTURE_EXAMPLES: Readonly<Record<keyof typeof PICTURE_RULES, Example>> = {
  'PICTURE-BLACK': example('pictureBlack'),
  'PICTURE-FROZEN': example('pictureFrozen'),
  'SOUND-SILENT': example('soundSilent'),
}
