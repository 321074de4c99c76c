// What a request says: its body in any of the shapes that forms and scripts send, who asks, and how they want it said.
import type { Request } from 'express';
import iconv from 'iconv-lite';
import ipaddr from 'ipaddr.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });
// Node's own TextDecoder takes it for Latin-1, without the euro sign.
const windows1252 = (bytes: Buffer) => iconv.decode(bytes, 'win1252');
const replacement = '\ufffd';

/**
 * A form as browsers send it: in UTF-8, but from a page in Latin-1 in that, which browsers take for windows-1252 (Encoding
 * standard, section 4.2). They do not say so.
 */
function readForm(body: Buffer): URLSearchParams {
  const form = new URLSearchParams(body.toString('utf8'));
  const isWrong = [...form].some((field) => field.some((text) => text.includes(replacement)));
  if (!isWrong || body.includes(encodeURIComponent(replacement))) return form;
  const decoded = windows1252(body).replaceAll(/%([89a-f][0-9a-f])/gi, (_, byte: string) =>
    windows1252(Buffer.from(byte, 'hex')),
  );
  return new URLSearchParams(decoded);
}

/** The body's fields, or undefined if it is not what its content type says. A field that repeats is a list. */
export async function readFields(
  body: Buffer,
  contentType: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (/^application\/(.+\+)?json\b/i.test(contentType)) {
    try {
      // RFC 8259 section 8.1: UTF-8 and nothing else.
      const parsed: unknown = JSON.parse(utf8.decode(body));
      return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
        ? Object.fromEntries(Object.entries(parsed))
        : undefined;
    } catch {
      return undefined;
    }
  }
  const fields = new Map<string, string[]>();
  const add = (value: unknown, name: string) => {
    if (typeof value === 'string') fields.set(name, [...(fields.get(name) ?? []), value]);
  };
  if (/^multipart\/form-data\b/i.test(contentType)) {
    try {
      const type = { headers: { 'content-type': contentType } };
      (await new Response(new Uint8Array(body), type).formData()).forEach(add);
    } catch {
      return undefined;
    }
  } else readForm(body).forEach(add);
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length > 1 ? values : values[0]]),
  );
}

/** Scripts that send or ask for JSON get JSON; everybody else gets a page. */
export function wantsJson(request: Request): boolean {
  // Of a request without a body is() says null.
  return Boolean(request.is(['json', '+json'])) || request.accepts(['html', 'json']) === 'json';
}

/** Whether the answer is shown in a frame on another site (?frame=1). */
export function isFramed(request: Request): boolean {
  return request.query['frame'] === '1';
}

/** Who asks, for consent records: the address as PostgreSQL's inet reads it, and the browser's name for itself. */
export function caller(request: Request): { ip: string | undefined; userAgent: string | undefined } {
  const ip = (request.ip ?? '').replace(/%.*$/, '');
  return {
    ip: ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : undefined,
    userAgent: request.get('user-agent')?.slice(0, 500),
  };
}

/**
 * Reads the body away without looking at it. Resolves when it has ended, broken off, or gone on for too long: true if
 * more may be coming, so that the connection is of no further use.
 */
export function drain(request: Request, maxBytes = 32 * 1024 * 1024, maxMs = 10_000): Promise<boolean> {
  return new Promise((resolve) => {
    let bytes = 0;
    const timer = setTimeout(() => resolve(true), maxMs);
    const done = (more: boolean) => () => {
      clearTimeout(timer);
      resolve(more);
    };
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) done(true)();
    });
    request.once('end', done(false)).once('error', done(true)).once('close', done(true));
  });
}
