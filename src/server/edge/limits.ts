/** What one server takes on at most; every bound can be changed by {@link ServerOptions.limits}. */
export const defaultLimits = {
  bodyBytes: 8 * 1024 * 1024,
  headerBytes: 16 * 1024,
  /** Until a request's headers, and until its body, have arrived. */
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  connections: 1024,
  /** Requests that are being answered. Those of the engine's queue are among them. */
  requests: 256,
  /** Prompts × `n` of one request, and how many of them are in work at once. */
  choices: 128,
  parallelChoices: 8,
  topLogprobs: 20,
  /** From a request's body to the end of its answer. */
  deadlineMs: 600_000,
  /** A stream that is silent for this long gets a comment, so that nothing between closes it. */
  pingMs: 10_000,
  /** How long a client may take nothing of an answer that waits for it, before it is ended. */
  stallMs: 60_000,
  /** How long running answers may go on once the server closes. */
  drainMs: 30_000,
};

/** The names and meanings of {@link defaultLimits}. */
export type ServerLimits = Readonly<typeof defaultLimits>;
