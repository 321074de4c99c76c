// Reads a request: its body in any shape that forms and scripts send, its sender, and the kind of answer it
// wants.
import type { Request } from 'express';
import iconv from 'iconv-lite';
import ipaddr from 'ipaddr.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });
// Node's TextDecoder reads windows-1252 as Latin-1, and loses the euro sign.
const windows1252 = (bytes: Buffer) => iconv.decode(bytes, 'win1252');
const replacement = '\ufffd';

/**
 * Reads a form as browsers send it. They use UTF-8, except on a page in Latin-1, where they use windows-1252
 * without saying so (Encoding standard, section 4.2).
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

/** More than any form of ours has, with all its topics and custom fields. */
const mostFields = 200;

/** Ends the request with status 413. The type is the one by which problem.ts knows body-parser's error. */
const tooManyFields = (): Error =>
  Object.assign(new Error('too many fields'), { type: 'parameters.too.many', status: 413 });

/**
 * The fields of the body; a repeated field becomes a list. Undefined if the body does not match its content
 * type. Throws, to be answered with 413, when there are more than 200 fields: parsing takes time that grows
 * with their number.
 */
export async function readFields(
  body: Buffer,
  contentType: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (/^application\/(.+\+)?json\b/i.test(contentType)) {
    const fields = readJsonFields(body);
    if (fields !== undefined && Object.keys(fields).length > mostFields) throw tooManyFields();
    return fields;
  }
  if (countSeparators(body, contentType) > mostFields) throw tooManyFields();
  const fields = new Map<string, string[]>();
  const add = (value: unknown, name: string) => {
    if (typeof value !== 'string') return;
    const values = fields.get(name);
    if (values === undefined) fields.set(name, [value]);
    else values.push(value);
  };
  if (isMultipart(contentType)) {
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

const isMultipart = (contentType: string): boolean => /^multipart\/form-data\b/i.test(contentType);

function readJsonFields(body: Buffer): Record<string, unknown> | undefined {
  try {
    // RFC 8259 section 8.1: only UTF-8.
    const parsed: unknown = JSON.parse(utf8.decode(body));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? Object.fromEntries(Object.entries(parsed))
      : undefined;
  } catch {
    return undefined;
  }
}

/** An upper bound of the fields in a form, found without parsing it: no more than two too many are counted. */
function countSeparators(body: Buffer, contentType: string): number {
  const separator = isMultipart(contentType) ? 'content-disposition' : '&';
  const text = isMultipart(contentType) ? body.toString('latin1').toLowerCase() : body.toString('latin1');
  let count = 0;
  for (let at = text.indexOf(separator); at >= 0 && count <= mostFields; at = text.indexOf(separator, at + 1))
    count += 1;
  return count;
}

/** Scripts that send or accept JSON get JSON; all others get a page. */
export function wantsJson(request: Request): boolean {
  // is() returns null for a request without a body.
  return Boolean(request.is(['json', '+json'])) || request.accepts(['html', 'json']) === 'json';
}

/** Whether the answer is shown in a frame on another site (?frame=1). */
export function isFramed(request: Request): boolean {
  return request.query['frame'] === '1';
}

/**
 * The sender, for consent records: the IP address in a form that PostgreSQL's inet accepts, and the user
 * agent.
 */
export function caller(request: Request): { ip: string | undefined; userAgent: string | undefined } {
  const ip = (request.ip ?? '').replace(/%.*$/, '');
  return {
    ip: ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : undefined,
    userAgent: request.get('user-agent')?.slice(0, 500),
  };
}

/**
 * Reads and discards the body. Resolves when the body has ended or broken off, or after a limit. True means
 * that more may follow: the caller must then close the connection.
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
