import type { FindingOf, SeenStretch } from '../../flow/findings.ts'
import { serviceText } from './clock.ts'
import { begun, ended } from './outage.ts'
import type { Raise, RuleFile } from './raise.ts'

type Seen = FindingOf<'pictureBlack' | 'pictureFrozen' | 'soundSilent'>

/** Rules on pictures that show nothing or do not move, and on sound that is not heard. */
export const pictureRules = (): RuleFile => {
  /** Stretches of which an alarm was raised. */
  const told = new WeakSet<SeenStretch>()
  const judge =
    (id: 'PICTURE-BLACK' | 'PICTURE-FROZEN' | 'SOUND-SILENT') =>
    (at: Seen, rules: Raise): void => {
      const { stretch } = at
      const limitUs = rules.threshold(id) * 1e6
      const service = serviceText(at)
      const outage = {
        fromUs: stretch.fromUs,
        limitUs,
        get untilUs() {
          return stretch.untilUs
        },
        get lengthUs() {
          return stretch.untilUs === null ? null : stretch.untilUs - stretch.fromUs
        },
      }
      if (at.timeUs - stretch.fromUs < limitUs) return
      if (told.has(stretch)) {
        if (at.over) rules.raise(id, { at, says: 'past', values: { service, ...ended(outage) } })
        return
      }
      told.add(stretch)
      const { since, limit } = begun(outage)
      const values = {
        service,
        since,
        limit,
        get end() {
          return begun(outage).end
        },
      }
      rules.raise(id, { at, says: 'now', values, endUs: () => stretch.untilUs })
    }
  return {
    pictureBlack: judge('PICTURE-BLACK'),
    pictureFrozen: judge('PICTURE-FROZEN'),
    soundSilent: judge('SOUND-SILENT'),
  }
}
