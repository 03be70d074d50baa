// What simulated users of a real model differ in, in the words of prompts; and what they ask.
import type { Question } from '../../test/support/atlas-questions.ts';

const assistant = 'You are a helpful assistant.';
const twoSentences = 'Answer in one or two sentences.';

interface Wish {
  /** Asks for more of it: the attribute's prompt, and what an instruction says. */
  readonly more: string;
  /** Asks for less of it: what an instruction says. */
  readonly less: string;
  readonly high: string;
  readonly low: string;
}

/** What users differ in, by attribute. */
export const wishes = {
  cheerful: {
    more: 'You are a bubbly, excited friend who loves every question! Be warm and cheerful, and use exclamation marks!',
    less: 'Be sober, dry and matter-of-fact.',
    high: 'cheerfulness',
    low: 'soberness',
  },
  simple: {
    more: 'You are talking to a small child. Use only very simple words.',
    less: 'You are talking to experts. Use technical terms.',
    high: 'simple words',
    low: 'learned words',
  },
  brief: {
    more: 'Answer as briefly as you can, in a few words.',
    less: 'Explain at length and in detail.',
    high: 'brevity',
    low: 'length',
  },
} as const satisfies Readonly<Record<string, Wish>>;

export type WishName = keyof typeof wishes;

export const wishNames = Object.keys(wishes) as WishName[];

/**
 * A system message that says what is wished for: more of what has a positive weight, less of what has a
 * negative one.
 * @param weights - Shape `[wishes]`.
 */
export function instructionFor(weights: readonly number[]): string {
  const said = wishNames.flatMap((name, k) => {
    const { more, less } = wishes[name];
    return weights[k] === 0 ? [] : [weights[k]! > 0 ? more : less];
  });
  const saysLength = weights[wishNames.indexOf('brief')] !== 0;
  return [assistant, ...said, ...(saysLength ? [] : [twoSentences])].join(' ');
}

/** Asks for nothing in particular. */
export const plainPrompt = instructionFor(wishNames.map(() => 0));

/** Asks for one attribute alone. */
export function attributePrompt(name: WishName): string {
  return instructionFor(wishNames.map((each) => Number(each === name)));
}

/** What the interview asks about. */
export const interviewPrompts = [
  'How do I boil an egg?',
  'Why is the sky blue?',
  'Give me a tip for sleeping better.',
  'How do I start to learn a language?',
  'What is a good present for a friend?',
  'Why do cats purr?',
] as const;

/** What is answered for users, and a name that belongs into every answer. */
export const heldOutQuestions: readonly Question[] = [
  { question: 'What is the capital of Australia like?', answer: 'Canberra' },
  { question: 'What is the largest planet, and what is it like?', answer: 'Jupiter' },
  { question: 'Who wrote Romeo and Juliet, and what is it about?', answer: 'Shakespeare' },
  { question: 'In which country is Machu Picchu, and what is it?', answer: 'Peru' },
  { question: 'What is the longest river in Africa, and who lives there?', answer: 'Nile' },
  { question: 'Who painted the Mona Lisa, and why is it famous?', answer: 'Leonardo' },
];
