/** @packageDocumentation Pairs of experts and twins, made of examples. */
export { makePair, type MadePair, type MakePairOptions } from './make-pair.ts';
