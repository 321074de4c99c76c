// A pooler as PgBouncer is with pool_mode=transaction: each transaction of a client gets the next free session.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import pg from 'pg';

export interface TransactionPooler {
  /** The target's URL with the pooler's host and port. */
  url: string;
  close(): Promise<void>;
}

interface Session {
  stream: Socket;
  client: pg.Client;
  user: Client | undefined;
}

interface Client {
  socket: Socket;
  /** What waits for a session. */
  waiting: Buffer[];
  session: Session | undefined;
}

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** AuthenticationOk, a BackendKeyData that is nobody's, and ReadyForQuery. */
const welcome = Buffer.concat([
  message('R', Buffer.alloc(4)),
  message('K', Buffer.alloc(8)),
  message('Z', Buffer.from('I')),
]);

async function openSession(target: string): Promise<Session> {
  const client = new pg.Client(target);
  client.on('error', () => undefined);
  await client.connect();
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  stream.removeAllListeners('data');
  return { stream, client, user: undefined };
}

/** The last complete message says when a transaction is over: ReadyForQuery with the state I. */
const isOver = (bytes: Buffer): boolean =>
  bytes.length >= 6 && bytes.subarray(-6).toString('latin1') === 'Z\0\0\0\x05I';

export async function startTransactionPooler(target: string, size = 3): Promise<TransactionPooler> {
  const sessions = await Promise.all(Array.from({ length: size }, () => openSession(target)));
  const queue: Client[] = [];
  const sockets = new Set<Socket>();

  function assign(): void {
    for (const client of queue) {
      const free = sessions.find(({ user }) => user === undefined);
      if (!free) return;
      queue.splice(queue.indexOf(client), 1);
      // The next transaction gets another session.
      sessions.push(...sessions.splice(sessions.indexOf(free), 1));
      Object.assign(free, { user: client });
      client.session = free;
      for (const bytes of client.waiting.splice(0)) free.stream.write(bytes);
    }
  }
  for (const session of sessions)
    session.stream.on('data', (bytes: Buffer) => {
      const { user } = session;
      if (isOver(bytes)) {
        session.user = undefined;
        if (user) user.session = undefined;
      }
      user?.socket.write(bytes);
      assign();
    });

  const server = createServer((socket) => {
    sockets.add(socket);
    const client: Client = { socket, waiting: [], session: undefined };
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(welcome);
      socket.on('data', (bytes) => {
        // Terminate.
        if (bytes[0] === 0x58) return void socket.end();
        if (client.session) return void client.session.stream.write(bytes);
        client.waiting.push(bytes);
        if (!queue.includes(client)) queue.push(client);
        return assign();
      });
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    async close() {
      for (const socket of sockets) socket.destroy();
      for (const { stream } of sessions) stream.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
