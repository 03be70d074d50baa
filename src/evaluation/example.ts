/** A question with its answer, shown to a system before it is asked: in-context learning. */
export interface Example {
  /** What is asked: a question, or the beginning of a text or a program. */
  readonly question: string;
  readonly answer: string;
}
