import type { PullProgress } from '../../hub/index.ts';
import type { Output } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { LiveArea } from '../render/live-area.ts';
import { formatBytes, formatDuration } from '../render/numbers.ts';
import { redrawMs, renderProgress } from '../render/progress-bar.ts';
import { TransferRate } from './transfer-rate.ts';

/** Shows how far a pull is. */
export interface PullReport extends Disposable {
  readonly update: (progress: PullProgress) => void;
}

/** How often a pipe gets another line, at most. */
const lineMs = 1000;

/**
 * A line that is drawn in place on a terminal; elsewhere a line for every tenth, but not more than one a second.
 * @param now - Milliseconds from any origin.
 */
export function createPullReport(output: Output, now: () => number): PullReport {
  return output.canRedraw ? drawnReport(output, now) : writtenReport(output, now);
}

function drawnReport(output: Output, now: () => number): PullReport {
  const area = new LiveArea(output);
  const { dim, good } = output.palette;
  let rate = new TransferRate();
  let drawnAt = -Infinity;
  let drawnFile = '';
  return {
    update(progress) {
      const { file, state, message, receivedBytes, bytes } = progress;
      const isNew = file !== drawnFile;
      if (isNew) rate = new TransferRate();
      drawnFile = file;
      const ms = now();
      rate.add(ms, receivedBytes);
      if (state === 'done') {
        area.finish([`${good('✓')} ${nameOf(progress)}  ${dim(formatBytes(bytes))}`]);
        return;
      }
      if (state === 'fetching' && !isNew && ms - drawnAt < redrawMs) return;
      drawnAt = ms;
      const facts = `${percent(progress)}  ${factsOf(progress, rate).join('  ')}`;
      const line = renderProgress(output, nameOf(progress), shareOf(progress), facts);
      area.draw(message === undefined ? [line] : [line, dim(`  ${output.plain(message)}`)]);
    },
    [Symbol.dispose]: () => area[Symbol.dispose](),
  };
}

function writtenReport(output: Output, now: () => number): PullReport {
  let rate = new TransferRate();
  let file = '';
  let saidTenth = 0;
  let saidAt = 0;
  return {
    update(progress) {
      const { state, message, bytes, receivedBytes } = progress;
      const ms = now();
      const tenth = tenthOf(progress);
      const say = (text: string) => {
        saidAt = ms;
        output.write(`${nameOf(progress)}: ${text}\n`);
      };
      if (progress.file !== file) {
        file = progress.file;
        rate = new TransferRate();
        saidTenth = tenth;
        if (state === 'fetching') {
          const there =
            receivedBytes === 0 ? '' : `, of which ${formatBytes(receivedBytes)} are there`;
          say(`fetching ${formatBytes(bytes)}${there}`);
        }
      }
      rate.add(ms, receivedBytes);
      if (state === 'done') say(`${formatBytes(bytes)} are there`);
      else if (message !== undefined) say(output.plain(message));
      else if (ms - saidAt >= lineMs && tenth > saidTenth && tenth < 10) {
        saidTenth = tenth;
        say([percent(progress), ...factsOf(progress, rate)].join(', '));
      }
    },
    [Symbol.dispose]: () => {},
  };
}

/** How many tenths are there. */
function tenthOf({ receivedBytes, bytes }: PullProgress): number {
  return bytes === 0 ? 10 : Math.floor((10 * receivedBytes) / bytes);
}

function shareOf({ receivedBytes, bytes }: PullProgress): number {
  return bytes === 0 ? 1 : receivedBytes / bytes;
}

function percent(progress: PullProgress): string {
  return `${Math.floor(shareOf(progress) * 100)} %`;
}

/** `m-00001-of-00002.gguf (1 of 2)`, without its folder. */
function nameOf({ file, number, count }: PullProgress): string {
  const name = escapeLine(file.slice(file.lastIndexOf('/') + 1)) || 'the hub';
  return count > 1 ? `${name} (${number} of ${count})` : name;
}

function factsOf({ bytes, receivedBytes }: PullProgress, rate: TransferRate): string[] {
  const { bytesPerSecond } = rate;
  const facts = [`of ${formatBytes(bytes)}`];
  if (bytesPerSecond !== null && bytesPerSecond > 0) {
    const left = formatDuration((bytes - receivedBytes) / bytesPerSecond);
    facts.push(`${formatBytes(bytesPerSecond)}/s`, `${left} left`);
  }
  return facts;
}
