/** The words of the agent's page, in the language of this reader. */
import { createReading } from '../shared/reading.ts';
import type { Words } from '../shared/words.ts';
import { en } from './words/en.ts';
import { it } from './words/it.ts';
import { ru } from './words/ru.ts';

export type AgentWords = Words<typeof en>;
/** Keys whose entry is a plain text, not a plural. */
export type TextKey = { [K in keyof AgentWords]: AgentWords[K] extends string ? K : never }[keyof AgentWords];

export const reading = createReading<AgentWords>({ en, ru, it }, 'hearthline-agent-language');
export const { language, words, formats, settleLanguage } = reading;
