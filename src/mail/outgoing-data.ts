// The bytes of one message on their way to the socket, and how far they got.
import { Readable } from 'node:stream';

/** Size of the pieces for the socket, in bytes. A relay that stops reading thus never gets the final dot. */
const piece = 64 * 1024;

/**
 * A message that Nodemailer reads as a stream.
 *
 * Nodemailer pipes it to a stream that searches every byte for dots and line ends, which costs a fifth of a
 * worker's time. Our data is already in its final form, so we push it to the readable side of that stream.
 */
export class OutgoingData extends Readable {
  /**
   * 'asked': the relay has answered DATA. 'begun': it may have a part of the data. 'out': the socket has all data,
   * including the final dot.
   */
  progress: 'waiting' | 'asked' | 'begun' | 'out' = 'waiting';
  readonly #data: Buffer;
  readonly #begins: () => Promise<boolean>;

  /** Calls `begins` when the relay has answered DATA. If it resolves to false, nothing is sent. */
  constructor(data: Buffer, begins: () => Promise<boolean>) {
    super({ read() {} });
    this.#data = data;
    this.#begins = begins;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    this.progress = 'asked';
    void this.#pushInto(destination as unknown as Readable);
    return destination;
  }

  async #pushInto(farSide: Readable): Promise<void> {
    if (!(await this.#begins())) return;
    this.progress = 'begun';
    farSide.once('end', () => (this.progress = 'out'));
    for (let at = 0; at < this.#data.length; at += piece) farSide.push(this.#data.subarray(at, at + piece));
    farSide.push(null);
  }
}
