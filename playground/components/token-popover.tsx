import { useLayoutEffect, useRef } from 'preact/hooks';

import type { GeneratedToken, TokenLogprob } from '../../src/spec/index.ts';
import {
  describeShift,
  formatPlain,
  formatProbability,
  formatSigned,
  visibleText,
} from '../tokens/numbers.ts';
import { Icon } from './icon.tsx';
import { placePopover } from './place-popover.ts';

interface TokenPopoverProps {
  readonly id: string;
  readonly token: GeneratedToken;
  /** The element of the token. */
  readonly anchor: HTMLElement;
  readonly isPinned: boolean;
  readonly onClose: () => void;
}

/** Why this token: what was likely without steering, what is with it, what models and rewards added. */
export function TokenPopover(props: TokenPopoverProps) {
  const { id, token, anchor, isPinned, onClose } = props;
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => placePopover(box.current!, anchor), [anchor, token]);
  const { trace, logprob, text } = token;
  if (trace === undefined) return null;
  const after = logprob ?? trace.topAfter.find(({ tokenId }) => tokenId === token.tokenId)?.logprob;
  const isSteered = trace.terms.length > 1 || trace.models !== undefined;
  return (
    <div
      ref={box}
      id={id}
      class={isPinned ? 'popover pinned' : 'popover'}
      role={isPinned ? 'dialog' : 'tooltip'}
      aria-label={isPinned ? 'Why this token' : undefined}
    >
      <div class="popover-head">
        <code class="popover-token">{visibleText(text)}</code>
        {after !== undefined && isSteered && (
          <span>
            {formatProbability(after - trace.shift)} → <b>{formatProbability(after)}</b>
          </span>
        )}
        {isPinned && (
          <button
            type="button"
            class="icon-button small"
            aria-label="Close"
            title="Close (Escape)"
            onClick={onClose}
          >
            <Icon name="close" />
          </button>
        )}
      </div>
      {isSteered && (
        <p class="popover-summary">
          Shift {formatSigned(trace.shift)} nats: {describeShift(trace.shift)}. KL{' '}
          {trace.kl.toFixed(2)}.
        </p>
      )}
      <div class="popover-columns">
        {isSteered && (
          <Alternatives title="Without steering" list={trace.topBefore} chosen={token.tokenId} />
        )}
        <Alternatives
          title={isSteered ? 'With steering' : 'Most likely'}
          list={trace.topAfter}
          chosen={token.tokenId}
        />
      </div>
      {isSteered && trace.params !== undefined && (
        <p class="popover-summary">
          At this token {Object.entries(trace.params).map(showParam).join(', ')}.
        </p>
      )}
      {trace.terms.length > 1 && <Terms terms={trace.terms} />}
      {trace.models !== undefined && <Models models={trace.models} />}
      {trace.rewards.length > 0 && <Rewards rewards={trace.rewards} />}
      {trace.draftedBy !== undefined && (
        <p class="popover-summary">
          {trace.draftedBy === 'constraint'
            ? 'The constraint left no choice about it.'
            : `Drafted by ${trace.draftedBy}, and checked in one pass with its neighbours.`}
        </p>
      )}
      {trace.klScale < 1 && (
        <p class="popover-summary">
          The KL budget left {(trace.klScale * 100).toFixed(0)} % of the shift.
        </p>
      )}
    </div>
  );
}

/** `alpha 0.42`: what a schedule chose. */
function showParam([name, value]: [string, number]): string {
  return `${name} ${formatPlain(value)}`;
}

interface AlternativesProps {
  readonly title: string;
  readonly list: readonly TokenLogprob[];
  readonly chosen: number;
}

function Alternatives({ title, list, chosen }: AlternativesProps) {
  return (
    <div>
      <h3>{title}</h3>
      <ol class="alternatives">
        {list.slice(0, 5).map(({ tokenId, text, logprob }) => (
          <li
            key={tokenId}
            class={tokenId === chosen ? 'chosen' : ''}
            style={{ '--p': `${Math.exp(logprob) * 100}%` }}
          >
            <code>{visibleText(text)}</code>
            <span>{formatProbability(logprob)}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Terms({ terms }: { readonly terms: NonNullable<GeneratedToken['trace']>['terms'] }) {
  return (
    <table class="terms">
      <caption class="visually-hidden">Share of each term of the formula</caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Coefficient</th>
          <th scope="col">Log-prob.</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {terms.map(({ model, coefficient, logprob, share }, index) => (
          <tr key={index}>
            <th scope="row">{model}</th>
            <td>{formatSigned(coefficient)}</td>
            <td>{formatSigned(logprob)}</td>
            <td>{formatSigned(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Of a method whose terms nobody knows. */
function Models({
  models,
}: {
  readonly models: NonNullable<NonNullable<GeneratedToken['trace']>['models']>;
}) {
  return (
    <table class="terms">
      <caption class="visually-hidden">What each model thinks of the token</caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Log-prob.</th>
        </tr>
      </thead>
      <tbody>
        {models.map(({ model, logprob }) => (
          <tr key={model}>
            <th scope="row">{model}</th>
            <td>{formatSigned(logprob)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Rewards({
  rewards,
}: {
  readonly rewards: NonNullable<GeneratedToken['trace']>['rewards'];
}) {
  return (
    <table class="terms">
      <caption class="visually-hidden">Share of each reward</caption>
      <thead>
        <tr>
          <th scope="col">Reward</th>
          <th scope="col">Weight</th>
          <th scope="col">Value</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {rewards.map(({ name, weight, value, share }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{formatSigned(weight)}</td>
            <td>{formatPlain(value)}</td>
            <td>{formatSigned(share)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
