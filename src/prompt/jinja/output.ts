import type { Budget } from './budget.ts';

/** What a template, a macro or a block has written so far. */
export class TemplateOutput {
  readonly #budget: Budget;
  readonly #parts: string[] = [];
  #length = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  write(text: string): void {
    if (text === '') return;
    this.#length += text.length;
    this.#budget.checkLength(this.#length);
    this.#budget.cells(1);
    this.#parts.push(text);
  }

  /** What is written somewhere else within the same budget. */
  fresh(): TemplateOutput {
    return new TemplateOutput(this.#budget);
  }

  text(): string {
    this.#budget.text(this.#length);
    return this.#parts.join('');
  }
}
