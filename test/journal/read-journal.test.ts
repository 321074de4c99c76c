// A journal's lines tell apart what is in flight and what was answered, and a torn journal proves nothing.
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { folderOf, isDead, journalFolders, markOf } from '../../src/journal/folder.js';
import { parseJournal, readJournal, readMark, type JournalEnd } from '../../src/journal/read-journal.js';
import { openJournal, type Journal } from '../../src/journal/write-journal.js';
import { quiet } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';

const instance = '0d9e4c1a-1111-4222-8333-444455556666';
const delivery = (subscriberId: string, attempt = 1) => ({ issueId: '7', subscriberId, attempt });
const accepted = (subscriberId: string, attempt = 1): JournalEnd => ({
  ...delivery(subscriberId, attempt),
  state: 'accepted',
  dueAt: null,
  relay: 'a',
  stage: 'message',
  code: 250,
  reply: '250 2.0.0 queued as "7f"\nand a second line',
  reason: null,
});

let dataDir: string;
let open: Journal[];
beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'journal-'));
  open = [];
});
afterEach(() => {
  for (const journal of open) journal.close();
  rmSync(dataDir, { recursive: true });
});
const folder = () => folderOf(dataDir, instance);
async function openHere(): Promise<Journal> {
  const journal = await openJournal({ dataDir, instance, log: quiet });
  open.push(journal);
  return journal;
}

test('a delivery is in flight from its first line to its answer', async () => {
  const journal = await openHere();
  const lot = journal.openLot();
  const beside = journal.openLot();
  lot.nextLot();
  beside.nextLot();
  const began = [lot.began(delivery('1')), lot.began(delivery('2')), beside.began(delivery('3'))];
  expect(await Promise.all(began)).toEqual([true, true, true]);
  lot.ended(accepted('2'));
  await waitUntil(() => readJournal(folder())?.ended.length === 1);
  expect(readJournal(folder())).toEqual({ inFlight: [delivery('1'), delivery('3')], ended: [accepted('2')] });
  // The ends of the first lot are in the database now.
  lot.nextLot();
  expect(readJournal(folder())).toEqual({ inFlight: [delivery('3')], ended: [] });
  beside.close();
  expect(readJournal(folder())).toEqual({ inFlight: [], ended: [] });
});

test('a later attempt of the same delivery is another delivery', () => {
  const text = [{ ended: accepted('1', 1) }, { began: delivery('1', 2) }].map(
    (line) => `${JSON.stringify(line)}\n`,
  );
  expect(parseJournal(text.join(''))).toEqual({ inFlight: [delivery('1', 2)], ended: [accepted('1', 1)] });
});

test.each([
  ['half a line', '{"began":{"issueId":"7","subscrib', 'torn'],
  ['a line without its end', '{"began":{"issueId":"7","subscriberId":"1","attempt":1}}', 'torn'],
  ['zeros', '\0\0\0\0\n', 'JSON'],
  ['a line of another program', '{"sent":1}\n', 'sent'],
])('%s makes the journal worthless', (_, rest, error) => {
  const whole = `${JSON.stringify({ began: delivery('1') })}\n`;
  expect(parseJournal(whole).inFlight).toEqual([delivery('1')]);
  expect(() => parseJournal(whole + rest)).toThrow(error);
});

test('a journal proves nothing once the machine was restarted, or without its mark', async () => {
  const lot = (await openHere()).openLot();
  await lot.began(delivery('1'));
  expect(readJournal(folder())?.inFlight).toEqual([delivery('1')]);
  const mark = readFileSync(markOf(folder()), 'utf8');
  writeFileSync(markOf(folder()), JSON.stringify({ instance, boot: 'an earlier one' }));
  expect(readJournal(folder())).toBeUndefined();
  expect(readMark(folder())?.instance).toBe(instance);
  truncateSync(markOf(folder()), 10);
  expect(readJournal(folder())).toBeUndefined();
  writeFileSync(markOf(folder()), mark);
  expect(readJournal(folder())?.inFlight).toEqual([delivery('1')]);
});

test('a full disk makes the journal void, and the message goes out all the same', async () => {
  const journal = await openHere();
  symlinkSync('/dev/full', path.join(folder(), '0.lot'));
  const lot = journal.openLot();
  expect(await lot.began(delivery('1'))).toBe(true);
  expect(readMark(folder())).toBeUndefined();
  expect(readJournal(folder())).toBeUndefined();
});

test('without a folder that can be written, the process works without a journal', async () => {
  writeFileSync(path.join(dataDir, 'journals'), 'a file');
  const lot = (await openHere()).openLot();
  expect(await lot.began(delivery('1'))).toBe(true);
  expect(readFileSync(path.join(dataDir, 'journals'), 'utf8')).toBe('a file');
});

test('a process is dead only if nothing listens on its socket any more', async () => {
  const journal = await openHere();
  expect(await isDead(folder())).toBe(false);
  // A folder that is being made has no socket yet.
  const young = folderOf(dataDir, 'aaaaaaaa-1111-4222-8333-444455556666');
  mkdirSync(young);
  expect(await isDead(young)).toBe(false);
  journal.close();
  expect(journalFolders(dataDir)).toEqual([young]);
});
