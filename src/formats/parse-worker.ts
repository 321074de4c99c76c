// The thread that reads documents from strangers; parse.ts limits its time and memory. Decoding, parsing and
// sanitising all happen here: a document made to waste time or memory takes down only this thread.
import { parentPort } from 'node:worker_threads';
import { errorCode } from '../error-code.js';
import { gunzip, isGzip } from '../gunzip.js';
import { newestOf } from '../posts/arrival.js';
import type { PreparedPost } from '../posts/incoming.js';
import { oneLine } from '../text/clean-text.js';
import { cutAtWord } from '../text/cut-text.js';
import { preparePost, untitled } from '../posts/prepare-post.js';
import { decodeDocument } from './charset.js';
import { defined } from './document.js';
import type { ParseInput, ParseResult } from './parse.js';
import { noPosts, readDocument, UnreadableDocument } from './read-document.js';

const itemsAtMost = 200;
const megabytesAtMost = 5;

/** Unpacks a file that the publisher compressed in advance ("feed.xml.gz"). HTTP does not unpack it. */
function unpack(body: Uint8Array): Uint8Array {
  if (!isGzip(body)) return body;
  try {
    const unpacked = gunzip(body, megabytesAtMost * 1024 * 1024);
    return isGzip(unpacked) ? gunzip(unpacked, megabytesAtMost * 1024 * 1024) : unpacked;
  } catch (error) {
    throw new UnreadableDocument(
      errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
        ? { key: 'fetch.size', args: { megabytes: megabytesAtMost } }
        : { key: 'fetch.damagedGzip' },
    );
  }
}

/** False for an item without an address, a title or words: it would give a reader nothing. */
function isSomething({ url, title, text, html }: PreparedPost): boolean {
  return url !== null || text !== '' || html !== '' || title !== untitled;
}

async function parse({ body, contentType, url, keepFurniture }: ParseInput): Promise<ParseResult> {
  try {
    const document = await readDocument(decodeDocument(unpack(body), contentType), url);
    // Picks the newest items by their dates first, so that only those are sanitised.
    const items = newestOf(
      document.items.map((item) => ({ ...item, publishedAt: item.post.publishedAt ?? null })),
      itemsAtMost,
    );
    const prepared = items
      .map(({ post, base, number }) => ({ post: preparePost(post, base, { keepFurniture }), number }))
      .filter(({ post }) => isSomething(post));
    if (items.length > 0 && prepared.length === 0) throw new UnreadableDocument(noPosts);
    return {
      ok: true,
      feed: defined({
        kind: document.kind,
        title: cutAtWord(oneLine(document.title ?? ''), 200) || null,
        posts: prepared.map(({ post }) => post),
        numbers: prepared.flatMap(({ number }) => (number === undefined ? [] : [number])),
        deleted: document.deleted ?? [],
        home: document.home,
        hub: document.hub,
        self: document.self,
      }),
    };
  } catch (error) {
    if (error instanceof UnreadableDocument) return { ok: false, reason: error.reason };
    // Any other error of a parser or sanitiser is reported to the publisher as a fault of the document.
    return {
      ok: false,
      reason:
        error instanceof Error
          ? { key: 'fetch.unreadableWith', args: { why: error.message.slice(0, 200) } }
          : { key: 'fetch.unreadable' },
    };
  }
}

parentPort?.on('message', (input: ParseInput) => {
  // eslint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void parse(input).then((result) => parentPort?.postMessage(result));
});
