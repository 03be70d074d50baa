import type { Block } from './ast.ts';
import { Budget, type JinjaLimits } from './budget.ts';
import { JinjaError } from './error.ts';
import { execute, type Execution } from './execute.ts';
import { filters } from './filters.ts';
import { globals } from './globals.ts';
import { methodOf } from './methods.ts';
import { TemplateOutput } from './output.ts';
import { parseTemplate } from './parse-template.ts';
import { Scope } from './scope.ts';
import { tests } from './tests.ts';
import { fromPlain } from './values.ts';

/** A template that was parsed. */
export interface JinjaTemplate {
  readonly body: Block;
}

/** @throws JinjaError of the fault `syntax` */
export function parseJinja(source: string): JinjaTemplate {
  return guarded(1, () => ({ body: parseTemplate(source) }), 'syntax');
}

export interface RenderOptions {
  /** Plain data. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** What `strftime_now` writes for each letter, e.g. `Y`: `'2026'`. */
  readonly timeFields?: () => Readonly<Record<string, string>>;
  readonly limits: JinjaLimits;
}

/** A rendering under way, in slices. */
export interface Rendering {
  /** Goes on for about `steps` steps; the text once it is whole. @throws JinjaError */
  advance(steps: number): string | undefined;
}

/** Starts a rendering as transformers' `apply_chat_template` has it. */
export function startRendering(template: JinjaTemplate, options: RenderOptions): Rendering {
  const budget = new Budget(options.limits);
  const output = new TemplateOutput(budget);
  let execution: Execution | undefined;
  const start = (): Execution => {
    const runtime = { budget, filters, tests, methodOf };
    const outer = new Scope();
    for (const [name, value] of globals(runtime, options.timeFields ?? (() => ({}))))
      outer.set(name, value);
    for (const [name, value] of Object.entries(options.variables)) {
      outer.set(name, fromPlain(value, budget));
    }
    return execute({ runtime, output, scope: new Scope(outer) }, template.body);
  };
  return {
    advance: (steps) =>
      guarded(budget, () => {
        execution ??= start();
        const until = budget.spent + steps;
        while (budget.spent < until) if (execution.next().done === true) return output.text();
        return undefined;
      }),
  };
}

/** Renders at once. @throws JinjaError */
export function renderJinja(source: string, options: RenderOptions): string {
  return startRendering(parseJinja(source), options).advance(Infinity)!;
}

/** Gives every failure its line, and says what a full stack means. */
function guarded<T>(at: Budget | number, run: () => T, fault: 'syntax' | 'failed' = 'failed'): T {
  try {
    return run();
  } catch (error) {
    const line = typeof at === 'number' ? undefined : at.line;
    if (error instanceof JinjaError) {
      error.line ??= line;
      throw error;
    }
    if (error instanceof RangeError) {
      throw new JinjaError(fault, 'it is nested too deeply, or calls itself too often', line);
    }
    throw error;
  }
}
