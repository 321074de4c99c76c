// The bytes of one message on their way to the socket, and how many of them the relay may have.
import { Readable } from 'node:stream';

/** The message goes to the socket in pieces of this size: a relay that stops reading never gets the final dot. */
const piece = 64 * 1024;

/**
 * A message that Nodemailer reads as a stream.
 *
 * Nodemailer pipes it to a stream of its own, which would look at every byte for dots and line ends: a fifth of a
 * worker's time. The data is in its final form, so it is pushed to the far side of that stream.
 */
export class OutgoingData extends Readable {
  /** 'begun': the relay may have a part. 'out': all of it was given to the socket, the final dot included. */
  progress: 'waiting' | 'begun' | 'out' = 'waiting';
  readonly #data: Buffer;
  readonly #begins: () => boolean;

  /** Calls `begins` when the relay has answered DATA; false sends nothing. */
  constructor(data: Buffer, begins: () => boolean) {
    super({ read() {} });
    this.#data = data;
    this.#begins = begins;
  }

  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (!this.#begins()) return destination;
    this.progress = 'begun';
    const farSide = destination as unknown as Readable;
    farSide.once('end', () => (this.progress = 'out'));
    for (let at = 0; at < this.#data.length; at += piece) farSide.push(this.#data.subarray(at, at + piece));
    farSide.push(null);
    return destination;
  }
}
