import type { GenerateServiceRequest, GenerationResult, InferenceService } from '../index.ts';
import type { Cli } from './cli.ts';
import { writeLines } from './output.ts';
import { renderBlocks, type TextColumn, type ColumnStyle } from './render/columns.ts';
import { escapeControls } from './render/escape.ts';
import { LiveArea } from './render/live-area.ts';

/** One of those whose answers stand side by side. */
export interface ShownSystem {
  readonly title: string;
  readonly request: GenerateServiceRequest;
  /** Lines below the finished answer. */
  readonly footer: (result: GenerationResult) => readonly string[];
}

/** Between two drawings of the terminal: faster than eyes, slower than it can be flooded. */
const frameMs = 33;

/**
 * Answers a prompt in several ways at once: side by side as the answers come on a terminal, below
 * each other once they are done in a pipe.
 */
export async function answerSideBySide(
  { out }: Cli,
  service: InferenceService,
  systems: readonly ShownSystem[],
  style: ColumnStyle,
): Promise<GenerationResult[]> {
  const texts = systems.map(() => '');
  const results: (GenerationResult | undefined)[] = systems.map(() => undefined);
  const blocks = (): TextColumn[] =>
    systems.map(({ title, footer }, i) => ({
      title: escapeControls(title),
      text: escapeControls(texts[i]!).trim(),
      footer: results[i] === undefined ? [] : footer(results[i]),
    }));
  const draw = () => renderBlocks(blocks(), out.columns, style);
  using area = new LiveArea(out);
  const redraw = () => area.draw(draw());
  const timer = out.canRedraw ? setInterval(redraw, frameMs) : undefined;
  const read = async ({ request }: ShownSystem, i: number) => {
    const stream = service.stream(request);
    for await (const { text } of stream) texts[i] += text;
    results[i] = await stream.result;
    return results[i];
  };
  try {
    if (out.canRedraw) redraw();
    const all = await Promise.all(systems.map(read));
    if (out.canRedraw) area.finish(draw());
    else writeStacked(out, blocks(), style);
    return all;
  } finally {
    clearInterval(timer);
  }
}

/** For pipes: no columns, every text unbroken. */
function writeStacked(out: Cli['out'], blocks: readonly TextColumn[], style: ColumnStyle): void {
  for (const [i, { title, text, footer }] of blocks.entries()) {
    if (i > 0) out.write('\n');
    writeLines(out, [style.title(title), text, ...footer.map(style.footer)]);
  }
}
