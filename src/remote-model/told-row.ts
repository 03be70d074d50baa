import { RemoteModelError, type SparseRow, type TokenId } from '../spec/index.ts';

/** A token's log-prob as a server told it. */
export interface ToldEntry {
  /** `null` where the server named a text that several tokens have, or none. */
  readonly tokenId: TokenId | null;
  readonly logprob: number;
}

/** How much a sum of probabilities may be off: servers compute in float32 and round what they print. */
const massError = 1e-5;

/** What servers say of a token that has no probability. */
const noProbability = -9990;

export interface ToldRowOptions {
  /** For messages. */
  readonly server: string;
  /** Tokens of the vocabulary here; the server's may be padded with more. */
  readonly vocabSize: number;
  /** Whether the server tells one alone of several tokens with one text: then there may be fewer entries. */
  readonly namesTexts: boolean;
  /** How many of the best were asked for. */
  readonly asked: number;
  /** Tokens that the server is known to have at most; fewer entries than were asked for are then all. */
  readonly serverTokens: number;
}

/**
 * What a server told of the best tokens, as a row. Tokens that are not in the vocabulary here count as told: none of the
 * others has their probability. Those whose ids are not known are among the others, which may then have as much as they.
 * @throws RemoteModelError `corrupt` for what no distribution's best tokens can be.
 */
export function toSparseRow(entries: readonly ToldEntry[], options: ToldRowOptions): SparseRow {
  const { server, vocabSize, asked, serverTokens, namesTexts } = options;
  const corrupt = (what: string) =>
    new RemoteModelError('corrupt', `The server ${server} ${what}.`);
  const isFewer = entries.length < Math.min(asked, serverTokens);
  if (isFewer && !namesTexts) {
    throw corrupt(`tells ${entries.length} log-probs of a position where ${asked} were asked for`);
  }
  const told = new Map<TokenId, number>();
  let mass = 0;
  let least = Infinity;
  let unnamed = -Infinity;
  for (const { tokenId, logprob } of entries) {
    if (Number.isNaN(logprob)) throw corrupt('tells a log-prob that is no number');
    if (logprob > massError) {
      throw corrupt(
        `tells a log-prob of ${logprob}: above 0 it may be a logit. Have it tell log-probs before sampling (raw)`,
      );
    }
    least = Math.min(least, logprob);
    if (tokenId === null) {
      unnamed = Math.max(unnamed, logprob);
      continue;
    }
    if (told.has(tokenId)) throw corrupt(`tells the log-prob of token ${tokenId} twice`);
    told.set(tokenId, logprob);
    mass += Math.exp(logprob);
  }
  if (mass > 1 + 100 * massError) {
    throw corrupt(`tells probabilities that add up to ${mass.toFixed(4)}`);
  }
  const isWhole = entries.length >= serverTokens && unnamed === -Infinity;
  const restMass = isWhole ? 0 : Math.min(1, Math.max(0, 1 - mass) + massError);
  // One that was told by another's text may be as likely as all that is left.
  const best = isFewer ? 0 : Math.max(least, unnamed);
  const own = [...told].filter(([tokenId]) => tokenId >= 0 && tokenId < vocabSize);
  return {
    tokenIds: Int32Array.from(own, ([tokenId]) => tokenId),
    logprobs: Float32Array.from(own, ([, logprob]) => Math.max(logprob, noProbability)),
    restMass,
    restLogprob: isWhole ? -Infinity : Math.max(noProbability, Math.min(best, Math.log(restMass))),
  };
}

/** A row with tokens more, whose log-probs were asked for. */
export function withTokens(
  row: SparseRow,
  tokenIds: readonly TokenId[],
  logprobs: readonly number[],
): SparseRow {
  const added = logprobs.reduce((sum, logprob) => sum + Math.exp(logprob), 0);
  const restMass = Math.max(0, row.restMass - added) + massError;
  return {
    tokenIds: Int32Array.from([...row.tokenIds, ...tokenIds]),
    logprobs: Float32Array.from([
      ...row.logprobs,
      ...logprobs.map((x) => Math.max(x, noProbability)),
    ]),
    restMass,
    restLogprob: Math.min(row.restLogprob, Math.log(restMass)),
  };
}
