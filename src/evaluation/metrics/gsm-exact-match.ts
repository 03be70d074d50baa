/** Where the released scoring ends an answer: what a model that does not stop goes on with. */
const continuations = ['Answer the following question', 'Question:', 'Comment:'];

/** A decimal fraction with its sign, or whole digits without one. */
const released = /[-+]?\p{Nd}*\.\p{Nd}+|\p{Nd}+/gu;

/** Of ASCII, as Python's `string.punctuation`. */
const punctuation = /[!-/:-@[-`{-~]/g;

/**
 * 1 if the last number of the answer is spelled as a reference is; else 0. This is the scoring of GSM8K
 * that was released with proxy-tuning (and, before it, with open-instruct), kept for figures that shall
 * be comparable with published ones: it compares spellings without punctuation, so `57.00` is not `57`,
 * `-100` and `100` are alike, and `1,2` is 12. An answer without a number is compared as a whole.
 * @see Liu et al. 2024, "Tuning Language Models by Proxy", arXiv:2401.08565, `eval/gsm/run_eval.py`
 */
export function gsmExactMatch(text: string, references: readonly string[]): number {
  const answer = withoutCommas(continuations.reduce((rest, mark) => rest.split(mark)[0]!, text));
  const prediction = answer.match(released)?.at(-1) ?? answer;
  const isRight = (reference: string) => bare(withoutCommas(reference)) === bare(prediction);
  return references.some(isRight) ? 1 : 0;
}

/** `1,234` → `1234`. */
function withoutCommas(text: string): string {
  return text.replaceAll(/(\p{Nd}),(\p{Nd})/gu, '$1$2');
}

function bare(text: string): string {
  return text.toLowerCase().replaceAll(punctuation, '');
}
