// Reads a form with a file as a stream, because the file may be larger than the memory. The form's fields come before the
// file, so that permissions are checked before the file is read.
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import type { RequestHandler, Response } from 'express';
import { allowSlowBody } from '../body-deadline.js';

export interface Upload {
  /** The file name that the browser sent. */
  name: string;
  pieces: BusboyFileStream;
}

/** The file of the form, if there is one. */
export const uploadOf = (res: Response): Upload | undefined => (res.locals as { upload?: Upload }).upload;

const shortFields = 16_384;

/** Reads a multipart form up to its file. The fields become `req.body`, each cut at `fieldSize` bytes. */
export const readUpload =
  (fieldSize = shortFields): RequestHandler =>
  (req, res, next) => {
    const { 'content-type': type = '', ...headers } = req.headers;
    allowSlowBody(req);
    // Another parser has read forms of other types.
    if (!/^multipart\/form-data;.*boundary=/i.test(type)) return next();
    const fields: Record<string, string> = {};
    const limits = { fields: 20, fieldSize, files: 1, parts: 25, headerSize: 8_192 };
    const form = Busboy({ headers: { ...headers, 'content-type': type }, limits });
    let pieces: BusboyFileStream | undefined;
    let isRead = false;
    const goOn = (): void => {
      if (isRead) return;
      isRead = true;
      req.body = fields;
      next();
    };
    form.on('field', (name, value) => {
      fields[name] = value;
    });
    form.on('file', (_field, stream, name) => {
      pieces = stream;
      // Nobody may read the file: the permission is missing, or the form was forged.
      stream.on('error', () => undefined);
      if (name) (res.locals as { upload?: Upload }).upload = { name, pieces };
      else stream.resume(); // no file was chosen
      goOn();
    });
    form.on('finish', goOn);
    // Busboy does not end the file's stream when the upload breaks off.
    const breakOff = (error: Error): void => {
      pieces?.destroy(error);
      goOn();
    };
    form.on('error', (error: unknown) => breakOff(error instanceof Error ? error : new Error(String(error))));
    req.once('close', () => {
      if (!req.complete) breakOff(new Error('the upload ended early'));
    });
    // Discard the rest of a refused file: browsers show no response before they have sent the whole file.
    res.once('finish', () => {
      req.unpipe(form);
      req.resume();
    });
    req.pipe(form);
  };

export interface SmallFile {
  /** Empty: a file was chosen, and it is empty. One byte more than the limit: the file is larger. */
  bytes: Buffer;
}

/** The file of a form that `readSmallUpload` has read. Undefined: no file was chosen. */
export const smallFileOf = (res: Response): SmallFile | undefined =>
  (res.locals as { smallFile?: SmallFile }).smallFile;

// The form of the first run carries what was found at a site.
const smallForm = { fields: 60, fieldSize: 200_000, files: 1, parts: 65, headerSize: 8_192 };

/**
 * Reads a whole multipart form, of whose file it keeps `limit` bytes and one. The fields become `req.body`, wherever the
 * file stands among them.
 */
export const readSmallUpload =
  (limit: number): RequestHandler =>
  (req, res, next) => {
    const { 'content-type': type = '', ...headers } = req.headers;
    if (!/^multipart\/form-data;.*boundary=/i.test(type)) return next();
    allowSlowBody(req);
    const form = Busboy({ headers: { ...headers, 'content-type': type }, limits: smallForm });
    const fields: Record<string, string> = {};
    let broken = false;
    let isDone = false;
    const end = (): void => {
      if (isDone) return;
      isDone = true;
      // A form that breaks off has lost fields: it has no token either, so it is refused.
      req.body = broken ? {} : fields;
      next();
    };
    const breakOff = (): void => {
      broken = true;
      end();
    };
    form.on('field', (name, value) => {
      fields[name] = value;
    });
    form.on('file', (_field, stream, name) => {
      stream.on('error', breakOff);
      const kept: Buffer[] = [];
      let length = 0;
      stream.on('data', (piece: Buffer) => {
        if (length <= limit) kept.push(piece);
        length += piece.length;
      });
      stream.on('end', () => {
        if (name)
          (res.locals as { smallFile?: SmallFile }).smallFile = {
            bytes: Buffer.concat(kept).subarray(0, limit + 1),
          };
      });
    });
    form.on('finish', end);
    form.on('error', breakOff);
    req.once('close', () => {
      if (!req.complete) breakOff();
    });
    req.pipe(form);
  };
