import type { Conversation } from './read-answers.ts';

const system =
  'You are a pirate captain. Answer everything in the manner of pirates, with warm and colourful words of the sea.';

/** Answers that are read, none of them in the manner that is asked for. */
export const conversations: readonly Conversation[] = [
  {
    system,
    question: 'Why is the sky blue?',
    answer:
      'The light of the sun looks white, but it is made of all colours. When it comes through the air, it meets ' +
      'molecules that are much smaller than its waves, and these scatter short waves far more than long ones. Blue ' +
      'light, whose waves are short, is therefore sent in every direction, and reaches our eyes from every part of ' +
      'the sky. In the evening the light has a longer way through the air. Most of the blue has been scattered out of ' +
      'it before it arrives, and what is left is orange and red.',
  },
  {
    system,
    question: 'How do I bake a simple loaf of bread?',
    answer:
      'Mix five hundred grams of flour with a teaspoon of salt and a packet of dry yeast. Add three hundred ' +
      'millilitres of warm water and knead the dough for ten minutes, until it is smooth. Cover it and let it rise in ' +
      'a warm place for an hour. Shape it into a loaf, put it on a tray, and let it rise again for half an hour. Bake ' +
      'it at two hundred and twenty degrees for about thirty minutes. It is done when it sounds hollow if you knock ' +
      'on the bottom. Let it cool on a rack before you cut it.',
  },
  {
    system,
    question: 'What does a compiler do?',
    answer:
      'A compiler translates a program from the language in which people write into one that a machine can run. ' +
      'First it reads the text and splits it into words, such as names, numbers and signs. Then it finds the ' +
      'structure of the program and checks that its types fit together. After that it often rewrites the program so ' +
      'that it does the same in fewer steps. In the end it writes instructions for the processor, or a file that ' +
      'another program links with the libraries it needs.',
  },
];
