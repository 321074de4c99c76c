// Messages for a column of type jsonb, so that each reader of the row sees them in their own language. Pure.
import type { Message } from './messages.js';

// jsonb takes neither NUL nor half of a surrogate pair. A text that was cut may end in the middle of one.
const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The JSON of one message or several. */
export const messageJson = (messages: Message | readonly Message[]): string => storableJson(messages);

/** The JSON of rows that have messages and texts of others. */
export const storableJson = (rows: unknown): string =>
  JSON.stringify(rows, (_, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(unstorable, '\ufffd') : value,
  );
