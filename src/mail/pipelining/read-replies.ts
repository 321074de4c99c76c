// Reads a relay's replies from the bytes of its connection (RFC 5321 section 4.2). Pure.

/** Returns a function for each chunk. A reply of several lines is one text with line feeds between them. */
export function openReplyReader({
  atMost,
  onReply,
  onTooLong,
}: {
  /** The most bytes of one reply. */
  atMost: number;
  onReply: (reply: string) => void;
  onTooLong: () => void;
}): (chunk: Buffer) => void {
  let rest = '';
  let lines: string[] = [];
  let size = 0;
  return (chunk) => {
    const parts = (rest + chunk.toString('latin1')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = part.endsWith('\r') ? part.slice(0, -1) : part;
      size += part.length;
      if (line.trim() === '' && lines.length === 0) continue;
      lines.push(line);
      if (size > atMost) return onTooLong();
      if (/^\d+-/.test(line)) continue;
      const reply = decoded(lines.join('\n'));
      lines = [];
      size = 0;
      onReply(reply);
    }
    if (size + rest.length > atMost) onTooLong();
  };
}

/** The charset of a reply is not defined: UTF-8 if it is that, else each byte is a character. */
function decoded(bytes: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]*$/.test(bytes)) return bytes;
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? bytes : text;
}
