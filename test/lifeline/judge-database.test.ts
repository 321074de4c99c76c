// How the lifeline decides whether a database was restored from a backup.
import { judgeDatabase, type Mark } from '../../src/lifeline/judge-database.js';

const at = (hour: number) => new Date(Date.UTC(2026, 5, 1, hour));
const mark = (beat: number, hour: number, copied = false): Mark => ({ beat, at: at(hour), copied });
const seen = (beat: number, hour: number, place = 'here') => ({ beat, at: at(hour), place });

test('a witness that has seen no more than the database knows agrees, however long ago, wherever it is now', () => {
  expect(judgeDatabase(seen(100, 3), [mark(100, 3)], 'here')).toEqual({ is: 'the-same' });
  expect(judgeDatabase(seen(100, 3), [mark(99, 2), mark(7, 1)], 'here')).toEqual({ is: 'the-same' });
  // The database moved to another server and lost nothing.
  expect(judgeDatabase(seen(100, 3), [mark(100, 3)], 'there')).toEqual({ is: 'the-same' });
});

test('one that has seen more proves that the database was restored', () => {
  expect(judgeDatabase(seen(100, 3), [mark(90, 2), mark(5000, 14)], 'here')).toEqual({
    is: 'behind',
    lostFrom: at(3),
    lostUntil: at(14),
    beat: 5000,
  });
  expect(judgeDatabase({ beat: 0, at: undefined, place: undefined }, [mark(5000, 14)], 'here')).toMatchObject(
    {
      is: 'behind',
      lostFrom: undefined,
    },
  );
});

test('without a witness, only another place makes doubt', () => {
  expect(judgeDatabase(seen(100, 3), [], 'here')).toEqual({ is: 'the-same' });
  expect(judgeDatabase(seen(100, 3), [], 'there')).toEqual({ is: 'elsewhere', lostFrom: at(3) });
  // DATA_DIR itself was restored from a backup, and the witness with it.
  expect(judgeDatabase(seen(100, 3), [mark(100, 3, true)], 'here')).toEqual({
    is: 'elsewhere',
    lostFrom: at(3),
  });
  // The copied witness does not count. The one beside the queue does.
  expect(judgeDatabase(seen(100, 3), [mark(100, 3, true), mark(100, 3)], 'here')).toEqual({ is: 'the-same' });
});

test('a new database is not judged', () => {
  expect(judgeDatabase({ beat: 0, at: undefined, place: undefined }, [], 'here')).toEqual({ is: 'the-same' });
});
