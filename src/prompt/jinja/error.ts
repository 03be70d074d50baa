/** What ended a rendering: `raised` is the template's own `raise_exception`, the last three are bounds. */
export type JinjaFault = 'syntax' | 'raised' | 'failed' | 'steps' | 'memory' | 'length';

/** A template that does not parse, or whose rendering failed. */
export class JinjaError extends Error {
  readonly fault: JinjaFault;
  /** Of the template, from 1; `undefined` where none is known. */
  line: number | undefined;

  constructor(fault: JinjaFault, message: string, line?: number) {
    super(message);
    this.name = 'JinjaError';
    this.fault = fault;
    this.line = line;
  }
}

/** A rendering's failure, in Python's words where it has some. */
export function failure(message: string): JinjaError {
  return new JinjaError('failed', message);
}
