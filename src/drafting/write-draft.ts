import { Document, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml';

import type { RecipeDocument } from '../recipe/index.ts';
import type { Sketch } from './sketch.ts';

/** What is longer is written as a block. */
const lineLength = 100;

/** A sketch as commented YAML. @param schema - Path or address of the JSON schema, for editors. */
export function writeDraft(
  { about, comments }: Pick<Sketch, 'about' | 'comments'>,
  document: RecipeDocument,
  schema: string,
): string {
  const yaml = new Document(document, { aliasDuplicateObjects: false });
  yaml.commentBefore = toComment(`yaml-language-server: $schema=${schema}`, '', ...about);
  const whole = yaml.contents as unknown as YAMLMap;
  for (const part of pairsOf(whole)) {
    const place = part.key.value;
    commentAbove(part.key, comments[place]);
    // The roles stand together.
    part.key.spaceBefore = !['name', 'description', 'expert', 'antiExpert'].includes(place);
    // Models are one a line.
    if (place !== 'models' && isFlat(part.value)) part.value.flow = true;
    else if (isMap(part.value)) writeEntries(part.value, place, comments);
  }
  return yaml.toString({ lineWidth: 0 });
}

function writeEntries(map: YAMLMap, place: string, comments: Sketch['comments']): void {
  for (const { key, value } of pairsOf(map)) {
    const own = `${place}.${key.value}`;
    const comment = comments[own];
    if (isFlat(value)) value.flow = true;
    if (!isScalar(value) && !isFlat(value)) {
      commentAbove(key, comment);
      if (isMap(value)) writeEntries(value, own, comments);
    } else if (comment !== undefined) value.comment = ` ${comment}`;
  }
}

interface NamedPair extends Pair {
  readonly key: Scalar<string>;
}

function pairsOf(map: YAMLMap): readonly NamedPair[] {
  return map.items as unknown as NamedPair[];
}

function commentAbove(key: Scalar, comment: string | undefined): void {
  if (comment !== undefined) key.commentBefore = toComment(...comment.split('\n'));
}

function toComment(...lines: readonly string[]): string {
  return lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n');
}

/** Whether it is a mapping that fits a line. */
function isFlat(value: unknown): value is YAMLMap {
  if (!isMap(value)) return false;
  const text = JSON.stringify(value);
  const isOneLine = text.length <= lineLength && !text.includes(String.raw`\n`);
  return isOneLine && value.items.every(({ value: part }) => !isSeq(part));
}
