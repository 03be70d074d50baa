/**
 * 1 if the chosen answer is more likely than the rejected one, 1/2 if they are equally likely, else 0.
 * @param chosen - Log-prob summed over the answer's tokens, in nats. @param rejected - Likewise.
 */
export function pairAccuracy(chosen: number, rejected: number): number {
  if (chosen === rejected) return 0.5;
  return chosen > rejected ? 1 : 0;
}
