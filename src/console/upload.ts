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
