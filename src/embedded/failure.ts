/** What the machine cannot give. The message is for the person at the terminal: no stack is needed. */
export class EmbeddedError extends Error {
  override name = 'EmbeddedError';
}
