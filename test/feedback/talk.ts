import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

/** Says each line to an SMTP server, and resolves to the replies: the last line of each. */
export async function talk(port: number, said: readonly string[]): Promise<string[]> {
  const socket: Socket = connect(port, '127.0.0.1');
  const replies: string[] = [];
  const rest = [...said];
  for await (const line of createInterface({ input: socket })) {
    if (/^\d{3}-/.test(line)) continue;
    replies.push(line);
    const next = rest.shift();
    if (next === undefined) break;
    socket.write(`${next}\r\n`);
  }
  socket.destroy();
  return replies;
}
