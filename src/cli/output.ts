import { escapeControls } from './render/escape.ts';
import { createPalette, wantsColors, type Palette } from './render/palette.ts';

/** Where text goes: a terminal or a pipe. */
export interface Output {
  readonly isTerminal: boolean;
  /** Whether the terminal can move its cursor. */
  readonly canRedraw: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly palette: Palette;
  /** Text of our own making, as it is. */
  write(text: string): void;
  /** What somebody else says, made harmless where a terminal reads it; as it is in a pipe. */
  plain(text: string): string;
}

/** One line each. */
export function writeLines(output: Output, lines: readonly string[]): void {
  output.write(lines.map((line) => `${line}\n`).join(''));
}

/** For people, where a pipe has no width. */
const defaultColumns = 100;

/** A stream of a process, which has a size if it is a terminal. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export function createOutput(
  stream: OutputStream,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Output {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    canRedraw: isTerminal && env['TERM'] !== 'dumb',
    get columns() {
      return stream.columns || defaultColumns;
    },
    get rows() {
      return stream.rows || 24;
    },
    palette: createPalette(wantsColors({ isTerminal, args, env })),
    write: (text) => void stream.write(text),
    plain: (text) => (isTerminal ? escapeControls(text) : text),
  };
}
