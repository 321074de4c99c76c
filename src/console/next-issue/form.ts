// Reads the form of the next issue: the draft that its editor made of it. Pure.
import { isId } from '../../ids.js';
import type { DraftedPost, Fate } from '../../issues/draft.js';
import type { DraftEdit } from '../../issues/edit-draft.js';
import type { NextToEdit, PostToEdit } from '../../issues/prepare-next.js';
import type { Words } from '../../newsletters/selection.js';
import { wordsOfIssue } from './edit-view.js';

type Body = Readonly<Record<string, unknown>>;

const fates: readonly Fate[] = ['keep', 'later', 'drop'];

const text = (value: unknown): string =>
  typeof value === 'string' ? value.replaceAll('\r\n', '\n').trim() : '';

/** A button moves one post: "12:up". */
function moved(ids: readonly string[], move: string): string[] {
  const [, id = '', way = ''] = /^(\d+):(up|down)$/.exec(move) ?? [];
  const order = [...ids];
  const [from, to] = [order.indexOf(id), order.indexOf(id) + (way === 'up' ? -1 : 1)];
  if (from < 0 || to < 0 || to >= order.length) return order;
  order.splice(to, 0, ...order.splice(from, 1));
  return order;
}

/**
 * The posts in the order of the form: of its numbers, and of the button that moves one. `ids`: as the page showed them.
 * `first`: the post that comes first whatever its number.
 */
export function orderIn(body: Body, ids: readonly string[], first?: string): string[] {
  const places = ids.map((id, at) => ({
    id,
    // The sort is stable: posts with the same number keep their order.
    place: id === first ? -Infinity : Number(body[`place-${id}`]) || at + 1,
  }));
  const placed = places.toSorted((a, b) => a.place - b.place).map(({ id }) => id);
  return moved(placed, text(body['move']));
}

/** A button pins a post, or unpins it: "12:on". Undefined: it was not pressed. */
export function readPin(
  body: Body,
  posts: readonly PostToEdit[],
): { postId: string; pinned: boolean } | undefined {
  const [, postId = '', way] = /^(\d+):(on|off)$/.exec(text(body['pin'])) ?? [];
  return posts.some(({ id }) => id === postId) ? { postId, pinned: way === 'on' } : undefined;
}

/** `posts`: as the page showed them. A text that equals the feed's own is no edit: it follows the feed. */
export function readNextForm(
  body: Body,
  posts: readonly PostToEdit[],
  standing: Words,
): Omit<DraftEdit, 'newsletterId' | 'accountId'> {
  const pin = readPin(body, posts);
  const order = orderIn(
    body,
    posts.map(({ id }) => id),
    pin?.pinned ? pin.postId : undefined,
  );
  const byId = new Map(posts.map((post) => [post.id, post]));
  const edited = (given: unknown, own: string): string | null => {
    const typed = text(given);
    return typeof given !== 'string' || typed === '' || typed === own.trim() ? null : typed;
  };
  const drafted = order.flatMap((postId): DraftedPost[] => {
    const post = byId.get(postId);
    if (post === undefined || !isId(postId)) return [];
    const fate = fates.find((one) => one === body[`do-${postId}`]) ?? post.fate;
    return [
      {
        postId,
        fate,
        title: edited(body[`title-${postId}`], post.ownTitle),
        excerpt: edited(body[`excerpt-${postId}`], post.ownExcerpt),
      },
    ];
  });
  const words = wordsOfIssue.flatMap((name) => {
    const typed = text(body[`words-${name}`]) || null;
    return `words-${name}` in body && typed !== standing[name] ? [[name, typed] as const] : [];
  });
  return {
    madeFrom: Number(body['madeFrom']) || 0,
    subject: text(body['subject']) || null,
    words: Object.fromEntries(words),
    posts: drafted,
    // A button holds the issue, or ends that. Any other button keeps what the form was made from.
    held: text(body['hold']) === 'on' || (text(body['hold']) !== 'off' && text(body['held']) !== ''),
  };
}

/** The page as its editor typed it, for a form that was not saved. `version`: the one that it replaces when saved again. */
export function asTyped(
  { draft, posts }: NextToEdit,
  { subject, words, held, posts: typed }: Pick<DraftEdit, 'subject' | 'words' | 'held' | 'posts'>,
  version: number,
): NextToEdit {
  const byId = new Map(posts.map((post) => [post.id, post]));
  return {
    draft: { ...draft, subject, words, held, version },
    posts: typed.flatMap(({ postId, fate, title, excerpt }) => {
      const post = byId.get(postId);
      return post === undefined
        ? []
        : [{ ...post, fate, title: title ?? post.ownTitle, excerpt: excerpt ?? post.ownExcerpt }];
    }),
  };
}
