/** The machine cannot supply something. The message is for the terminal, without a stack. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError';
}
