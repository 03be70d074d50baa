/** Where a JSON value ends in a text that comes in pieces and goes on behind it. */
export interface JsonEnd {
  /** Whether the value has ended. */
  readonly isOver: boolean;
  /** @returns How much of the next piece belongs to the value. */
  read(piece: string): number;
}

/** @param piece - Of JSON that is right: nothing is checked. */
export function createJsonEnd(): JsonEnd {
  let depth = 0;
  let isString = false;
  let isEscaped = false;
  let isBare = false;
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    read(piece) {
      for (let i = 0; i < piece.length && !isOver; i++) {
        const unit = piece[i]!;
        if (isString) {
          if (isEscaped) isEscaped = false;
          else if (unit === '\\') isEscaped = true;
          else if (unit === '"') isString = false;
          isOver = !isString && depth === 0;
        } else if (isBare && depth === 0) {
          isOver = /[^\w.+-]/.test(unit);
          if (isOver) return i; // behind a number, true, false or null
          continue;
        } else if (unit === '"') isString = true;
        else if (unit === '{' || unit === '[') depth++;
        else if (unit === '}' || unit === ']') isOver = --depth === 0;
        else if (depth === 0 && /\w|-/.test(unit)) isBare = true;
        if (isOver) return i + 1;
      }
      return piece.length;
    },
  };
}
