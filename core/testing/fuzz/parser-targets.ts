import { complaintOf } from './complaint.ts'
import { type FuzzTarget, inProcess } from './fuzz-target.ts'
import { mutate } from './mutate.ts'
import { PARSERS } from './parsers.ts'

/** Every parser of bytes from outside, given damaged samples. */
export const parserTargets = (): FuzzTarget[] =>
  PARSERS.map(({ name, parse, samples }) => ({
    name: `parser ${name}`,
    unit: 'inputs',
    weight: 1,
    batch: 1000,
    open: inProcess(async (count, random, spent) => {
      for (let done = 0; done < count; done++) {
        const sample = samples[Math.floor(random() * samples.length)] as Uint8Array
        const other = PARSERS[Math.floor(random() * PARSERS.length)]?.samples[0] ?? sample
        const input = mutate(sample, other, random)
        const began = performance.now()
        const wrong = complaintOf(parse, input)
        spent(performance.now() - began)
        if (wrong !== null) return `${wrong}\nwith ${Buffer.from(input).toString('hex')}`
      }
      return null
    }),
  }))
