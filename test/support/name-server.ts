// A real name server on loopback (RFC 1035 section 4).
import dgram from 'node:dgram';
import { isIPv6 } from 'node:net';

const types: Record<number, string> = { 1: 'A', 15: 'MX', 16: 'TXT', 28: 'AAAA' };

export interface NameServer {
  /** For openDnsLookup. */
  server: string;
  close(): void;
}

/**
 * Answers from `records`, by keys such as "example.org TXT". The host of an MX may be '.'. Other names get
 * NXDOMAIN.
 */
export async function startNameServer(records: Record<string, string[]>): Promise<NameServer> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (question, from) => {
    let at = 12;
    const labels: string[] = [];
    while (question[at] !== 0) {
      const length = question[at] ?? 0;
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += length + 1;
    }
    const type = question.readUInt16BE(at + 1);
    const found = records[`${labels.join('.').toLowerCase()} ${types[type] ?? ''}`] ?? [];
    const answers = found.map((text) => {
      const data = dataOf(type, text);
      const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, 0]);
      head.writeUInt16BE(data.length, 10);
      return Buffer.concat([head, data]);
    });
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(found.length > 0 ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(found.length, 6);
    header.fill(0, 8, 12);
    socket.send(Buffer.concat([header, question.subarray(12, at + 5), ...answers]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { server: `127.0.0.1:${socket.address().port}`, close: () => void socket.close() };
}

function dataOf(type: number, text: string): Buffer {
  if (type === 1) return Buffer.from(text.split('.').map(Number));
  if (type === 28) return ipv6(text);
  if (type === 16)
    return Buffer.concat(
      (text.match(/[^]{1,255}/g) ?? ['']).map((piece) =>
        Buffer.from([Buffer.byteLength(piece), ...Buffer.from(piece)]),
      ),
    );
  const labels = text.split('.').filter((label) => label !== '');
  return Buffer.concat([
    Buffer.from([0, 10]),
    ...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

/** Of the form 2001:db8::1. */
function ipv6(text: string): Buffer {
  if (!isIPv6(text)) throw new Error(`not an IPv6 address: ${text}`);
  const [front = '', back = ''] = text.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const missing = 8 - groups(front).length - groups(back).length;
  const all = [...groups(front), ...Array.from({ length: missing }, () => '0'), ...groups(back)];
  return Buffer.from(all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 255]));
}
