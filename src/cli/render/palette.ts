import picocolors from 'picocolors';

type Style = (text: string) => string;

/** The few styles there are: one accent, secondary text, good and bad, and the scale of a shift. */
export interface Palette {
  readonly hasColors: boolean;
  readonly bold: Style;
  readonly italic: Style;
  readonly dim: Style;
  readonly accent: Style;
  readonly good: Style;
  readonly bad: Style;
  readonly warn: Style;
  /** @param step - From -4 (far less probable than without steering) to 4 (far more); 0 is plain. */
  readonly shift: (step: number) => Style;
}

/** Backgrounds of the 256-colour cube, pale to strong; black on each is readable on any terminal. */
const raised = [195, 159, 117, 75];
const lowered = [230, 223, 216, 209];

export function createPalette(hasColors: boolean): Palette {
  const colors = picocolors.createColors(hasColors);
  return {
    hasColors,
    bold: colors.bold,
    italic: colors.italic,
    dim: colors.dim,
    accent: colors.cyan,
    good: colors.green,
    bad: colors.red,
    warn: colors.yellow,
    shift: (step) => (hasColors ? onBackground(step) : (text) => text),
  };
}

function onBackground(step: number): Style {
  const color = (step > 0 ? raised : lowered)[Math.abs(step) - 1];
  if (color === undefined) return (text) => text;
  return (text) => `\u001B[38;5;16;48;5;${color}m${text}\u001B[0m`;
}

/** What decides whether a stream gets colours. */
export interface ColorSituation {
  readonly isTerminal: boolean;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `--no-color` and `NO_COLOR` turn colours off, `FORCE_COLOR` turns them on anywhere; else a terminal
 * has them, unless it calls itself dumb. @see https://no-color.org
 */
export function wantsColors({ isTerminal, args, env }: ColorSituation): boolean {
  const end = args.indexOf('--');
  const flags = end === -1 ? args : args.slice(0, end);
  if (flags.includes('--no-color') || isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
