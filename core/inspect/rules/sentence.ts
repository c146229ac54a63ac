import { type RULES, type RuleId, ruleRow } from '../../contract/rules.ts'

type Slots<Text extends string> = Text extends `${string}{${infer Slot}}${infer Rest}` ? Slot | Slots<Rest> : never

/** Values for the slots of a sentence; its alarm knows how many `{times}` it was raised. */
export type ValuesOf<Text extends string> = Readonly<Record<Exclude<Slots<Text>, 'times'>, string | number>>

type SentenceOf<Id extends RuleId> = (typeof RULES)[Id]['sentence']

type Words<Sentence> = Sentence extends string
  ? { readonly values: ValuesOf<Sentence> }
  : {
      [Name in keyof Sentence]: { readonly says: Name; readonly values: ValuesOf<Sentence[Name] & string> }
    }[keyof Sentence]

/** Words of a rule's sentence: its values, and the name of the sentence where the rule has several. */
export type WordsOf<Id extends RuleId> = Id extends RuleId ? Words<SentenceOf<Id>> : never

/**
 * Fills the slots of a rule's sentence.
 * @param count findings of the alarm: `{times}` is nothing of the first, then ` 2 times`
 */
export function sentenceOf(
  id: RuleId,
  says: string | undefined,
  values: Readonly<Record<string, string | number>>,
  count: number,
): string {
  const { sentence } = ruleRow(id)
  const text = typeof sentence === 'string' ? sentence : (sentence[says ?? ''] ?? '')
  const times = count > 1 ? ` ${count} times` : ''
  return text.replace(/\{(\w+)\}/g, (_, slot: string) => (slot === 'times' ? times : String(values[slot] ?? '')))
}
