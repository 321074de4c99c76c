// A form with a file, read while it comes in: the file may be larger than the memory. The form's fields stand before its
// file, so that it is judged who sends what before the file is taken.
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import type { RequestHandler, Response } from 'express';

export interface Upload {
  /** As the browser calls it. */
  name: string;
  pieces: BusboyFileStream;
}

/** The file of the form, unless there is none. */
export const uploadOf = (res: Response): Upload | undefined => (res.locals as { upload?: Upload }).upload;

const shortFields = 16_384;

/** Reads a multipart form as far as its file: its fields are `req.body` then, each cut at `fieldSize` bytes. */
export const readUpload =
  (fieldSize = shortFields): RequestHandler =>
  (req, res, next) => {
    const { 'content-type': type = '', ...headers } = req.headers;
    // Anything else has been read as a form without a file.
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
      if (name) (res.locals as { upload?: Upload }).upload = { name, pieces };
      else stream.resume(); // no file was chosen
      goOn();
    });
    form.on('finish', goOn);
    // The parser itself never tells whoever reads the file that no more of it comes.
    const breakOff = (error: Error): void => {
      pieces?.destroy(error);
      goOn();
    };
    form.on('error', (error: unknown) => breakOff(error instanceof Error ? error : new Error(String(error))));
    req.once('close', () => {
      if (!req.complete) breakOff(new Error('the upload ended early'));
    });
    // What is left of a file that was refused is let go: a browser shows no answer before it has sent all.
    res.once('finish', () => {
      req.unpipe(form);
      req.resume();
    });
    req.pipe(form);
  };
