import type { PullProgress } from '../../hub/index.ts';
import type { Output } from '../output.ts';
import { escapeLine } from '../render/escape.ts';
import { LiveArea } from '../render/live-area.ts';
import { formatBytes } from '../render/numbers.ts';
import { cellWidth } from '../render/width.ts';
import { TransferRate } from './transfer-rate.ts';

/** Shows how far a pull is. */
export interface PullReport extends Disposable {
  readonly update: (progress: PullProgress) => void;
}

/** How often a terminal's line is drawn again. */
const redrawMs = 100;
/** What a pipe gets another line for, and how often at most. */
const lineShare = 0.1;
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
  const { dim, good, accent } = output.palette;
  let rate = new TransferRate();
  let drawnAt = -Infinity;
  let drawnFile = '';
  return {
    update(progress) {
      const { file, state, message, receivedBytes, bytes } = progress;
      if (file !== drawnFile) rate = new TransferRate();
      const ms = now();
      rate.add(ms, receivedBytes);
      const isSameFile = file === drawnFile;
      drawnFile = file;
      if (state === 'done') {
        area.finish([`${good('✓')} ${nameOf(progress)}  ${dim(formatBytes(bytes))}`]);
        return;
      }
      if (state === 'fetching' && isSameFile && ms - drawnAt < redrawMs) return;
      drawnAt = ms;
      const what = message === undefined ? '' : dim(`  ${output.plain(message)}`);
      const facts = `${percent(progress)}  ${factsOf(progress, rate).join('  ')}`;
      const rest = output.columns - cellWidth(nameOf(progress)) - cellWidth(facts) - 6;
      const width = Math.min(30, rest);
      const filled = Math.round(width * shareOf(progress));
      const bar =
        width < 5 ? '' : `${accent('━'.repeat(filled))}${dim('╌'.repeat(width - filled))}  `;
      area.draw([`${nameOf(progress)}  ${bar}${facts}`, ...(what === '' ? [] : [what])]);
    },
    [Symbol.dispose]: () => area[Symbol.dispose](),
  };
}

function writtenReport(output: Output, now: () => number): PullReport {
  let rate = new TransferRate();
  let file = '';
  let next = 0;
  let saidAt = 0;
  return {
    update(progress) {
      const { state, message, bytes, receivedBytes } = progress;
      const ms = now();
      const say = (text: string) => {
        saidAt = ms;
        output.write(`${nameOf(progress)}: ${text}\n`);
      };
      if (progress.file !== file) {
        file = progress.file;
        rate = new TransferRate();
        next = nextTenth(progress);
        if (state === 'fetching') {
          const there =
            receivedBytes === 0 ? '' : `, of which ${formatBytes(receivedBytes)} are there`;
          say(`fetching ${formatBytes(bytes)}${there}`);
        }
      }
      rate.add(ms, receivedBytes);
      if (state === 'done') say(`${formatBytes(bytes)} are there`);
      else if (message !== undefined) say(output.plain(message));
      else if (ms - saidAt >= lineMs && shareOf(progress) >= next && shareOf(progress) < 1) {
        next = nextTenth(progress);
        say([percent(progress), ...factsOf(progress, rate)].join(', '));
      }
    },
    [Symbol.dispose]: () => {},
  };
}

function nextTenth(progress: PullProgress): number {
  return (Math.floor(shareOf(progress) / lineShare + 1e-9) + 1) * lineShare;
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
    const left = timeLeft((bytes - receivedBytes) / bytesPerSecond);
    facts.push(`${formatBytes(bytesPerSecond)}/s`, `${left} left`);
  }
  return facts;
}

/** `2:05`, `1:02:05`. */
function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  const hours = Math.floor(whole / 3600);
  const [first, ...rest] = hours > 0 ? [hours, ...parts] : parts;
  return [String(first), ...rest.map((part) => String(part).padStart(2, '0'))].join(':');
}
