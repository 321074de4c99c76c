// What a relay has shown of itself to this process: whether it takes commands behind a text, and texts in chunks.

/** Failures in a row after which a relay gets nothing behind a text. */
const failuresAtMost = 3;

/** What the relay does not get any more. */
export type Lost = 'commands-behind' | 'chunks';

/** Whether a relay takes commands behind a text. Some discard them, and some mix up the replies. */
export class PipelineTrust {
  /** A first message behind a text has gone well. */
  isProven = false;
  #failures = 0;
  #chunks: 'untried' | 'on-trial' | 'proven' | 'refused' = 'untried';
  readonly #onLost: (what: Lost) => void;

  /** `onLost`: called when the trust ends, so that an operator learns of it. */
  constructor(onLost: (what: Lost) => void = () => undefined) {
    this.#onLost = onLost;
  }

  get mayTry(): boolean {
    return this.#failures < failuresAtMost;
  }

  wentWell(): void {
    this.isProven = true;
    this.#failures = 0;
  }

  failed(): void {
    this.isProven = false;
    this.#failures += 1;
    // Other connections may fail behind the last one that counts.
    if (this.#failures === failuresAtMost) this.#onLost('commands-behind');
  }

  /**
   * Whether the next text may go out in chunks, to a relay that offers CHUNKING. Then the caller must call endChunks once.
   *
   * 354 answers DATA only, so that DATA shows whether a relay keeps the order. Chunks have no such reply: a relay gets
   * them when the order is proven. Until it has accepted a text in chunks, only one message at a time is at risk.
   */
  startChunks(): { isTrial: boolean } | undefined {
    if (!this.isProven || this.#chunks === 'on-trial' || this.#chunks === 'refused') return undefined;
    if (this.#chunks === 'proven') return { isTrial: false };
    this.#chunks = 'on-trial';
    return { isTrial: true };
  }

  /**
   * `untold`: it ended before a chunk mattered. `lost`: the connection ended where the answer to a chunk was due.
   * `failed`: the relay does not know chunks, or its replies are out of step.
   */
  endChunks(end: 'accepted' | 'untold' | 'lost' | 'failed'): void {
    if (this.#chunks === 'refused') return;
    const isRefused = end === 'failed' || (end === 'lost' && this.#chunks !== 'proven');
    if (end === 'accepted') this.#chunks = 'proven';
    else if (isRefused) this.#chunks = 'refused';
    else if (this.#chunks === 'on-trial') this.#chunks = 'untried';
    if (isRefused) this.#onLost('chunks');
  }
}
