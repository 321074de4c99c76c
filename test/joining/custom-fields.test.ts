// What a publisher may ask, and which answers are stored: typed, limited, and never more than was asked.
import { customFieldsSchema, type CustomField } from '../../src/newsletters/custom-fields.js';
import { createNewsletter } from '../../src/newsletters/create-newsletter.js';
import { updateNewsletter } from '../../src/newsletters/update-newsletter.js';
import { getNewsletter } from '../../src/newsletters/get-newsletter.js';
import { createSubscriber } from '../../src/joining/create-subscriber.js';
import { givenCustomFields, readCustomValue, readCustomValues } from '../../src/subscribers/custom-fields.js';
import { exportSubscriber } from '../../src/people/export-subscriber.js';
import { exportSubscribers } from '../../src/imports/export-subscribers.js';
import { updateSubscriber } from '../../src/subscribers/update-subscriber.js';
import { signToken } from '../../src/subscribers/tokens.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeNewsletter } from '../support/newsroom.js';
import { limits, secrets, startSite, type Site } from '../support/site.js';

const given = [
  { name: 'city', label: 'Your city', type: 'text', maxLength: 10 },
  { name: 'age', label: 'Your age', type: 'number', min: 0, max: 150, integer: true },
  { name: 'size', label: 'T-shirt', type: 'choice', choices: ['S', 'M', 'Größe L'] },
  { name: 'adult', label: 'I am over 18', type: 'checkbox', required: true },
] as const;
const fields = customFieldsSchema.parse(given);
const field = (name: string): CustomField => {
  const found = fields.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};
const valueOf = (name: string, answer: unknown) => {
  const read = readCustomValue(answer, field(name));
  return read.ok ? read.value : `! ${read.fault}`;
};

describe('a definition', () => {
  test('has its defaults, and keeps its order', () => {
    expect(fields.map(({ name }) => name)).toEqual(['city', 'age', 'size', 'adult']);
    expect(field('age')).toMatchObject({ required: false, integer: true });
    const [plain] = customFieldsSchema.parse([{ name: 'a', label: 'A', type: 'text' }]);
    expect(plain).toEqual({ name: 'a', label: 'A', type: 'text', required: false, maxLength: 200 });
  });

  test.each([
    ['a name that cannot be one', [{ name: '1st', label: 'A', type: 'text' }]],
    ['a name that every object has', [{ name: 'constructor', label: 'A', type: 'text' }]],
    [
      'one name twice, whatever its case',
      [
        { name: 'city', label: 'A', type: 'text' },
        { name: 'City', label: 'B', type: 'text' },
      ],
    ],
    ['no label', [{ name: 'a', label: '  ', type: 'text' }]],
    ['a label that turns the text around', [{ name: 'a', label: 'A\u202e', type: 'text' }]],
    ['a type that is none', [{ name: 'a', label: 'A', type: 'date' }]],
    ['a choice of nothing', [{ name: 'a', label: 'A', type: 'choice', choices: [] }]],
    ['the same choice twice', [{ name: 'a', label: 'A', type: 'choice', choices: ['x', 'X'] }]],
    ['bounds that leave nothing', [{ name: 'a', label: 'A', type: 'number', min: 2, max: 1 }]],
    ['what another type has', [{ name: 'a', label: 'A', type: 'checkbox', choices: ['x'] }]],
    ['more than twenty', Array.from({ length: 21 }, (_, n) => ({ name: `a${n}`, label: 'A', type: 'text' }))],
  ])('is refused with %s', (_, wrong) => {
    expect(customFieldsSchema.safeParse(wrong).success).toBe(false);
  });
});

describe('an answer', () => {
  test('to a text field is one line without invisible characters', () => {
    expect(valueOf('city', '  New \t\r\n York ')).toBe('New York');
    expect(valueOf('city', 'Zu\u0308rich')).toBe('Zürich');
    expect(valueOf('city', '👩‍👩‍👧‍👦'.repeat(10))).toBe('👩‍👩‍👧‍👦'.repeat(10));
    expect(valueOf('city', 'x'.repeat(11))).toBe('! too-long');
    expect(valueOf('city', 'x'.repeat(1_000_000))).toBe('! too-long');
    expect(valueOf('city', 'a\u202eb')).toBe('! invisible');
    expect(valueOf('city', 'a\0b')).toBe('! invisible');
    expect(valueOf('city', '   ')).toBeUndefined();
    expect(valueOf('city', 12)).toBe('12');
    expect(valueOf('city', { $gt: '' })).toMatch(/^!/);
  });

  test('to a number is a number within its bounds', () => {
    for (const [text, number] of [
      ['42', 42],
      [' 7 ', 7],
      ['+3', 3],
      ['-0', 0],
      ['12.0', 12],
      [150, 150],
    ] as const)
      expect(valueOf('age', text)).toBe(number);
    for (const text of [
      'forty',
      '1e3',
      '0x10',
      'Infinity',
      'NaN',
      '1,5',
      '4 2',
      '9'.repeat(400),
      true,
      {},
      1.5,
      '1.5',
    ])
      expect(valueOf('age', text)).toBe('! no-number');
    for (const text of [-1, '151', 151]) expect(valueOf('age', text)).toBe('! range');
    expect(valueOf('age', '')).toBeUndefined();
  });

  test('to a choice is one of those offered, in their spelling', () => {
    expect(valueOf('size', 'm')).toBe('M');
    expect(valueOf('size', ' GRÖSSE L ')).toBe('! no-choice');
    expect(valueOf('size', 'gro\u0308ße l')).toBe('Größe L');
    expect(valueOf('size', 'XL')).toBe('! no-choice');
    expect(valueOf('size', '')).toBeUndefined();
  });

  test('to a checkbox is yes or no, in the words that forms and files have for it', () => {
    for (const word of ['on', 'true', 'TRUE', '1', 'yes', true, 1]) expect(valueOf('adult', word)).toBe(true);
    for (const word of ['off', 'false', '0', 'no', '', false, 0]) expect(valueOf('adult', word)).toBe(false);
    expect(valueOf('adult', ['0', 'on'])).toBe(true);
    expect(valueOf('adult', 'perhaps')).toBe('! no-yes-or-no');
  });

  test('is needed only for required fields, and only for those that the form has', () => {
    const read = (answers: object, required = true) =>
      readCustomValues(answers as Record<string, unknown>, fields, { required });
    expect(read({ adult: 'on', admin: 'yes' })).toEqual({ ok: true, values: { adult: true } });
    expect(read({})).toMatchObject({ ok: false, fault: 'required', field: { name: 'adult' } });
    expect(read({ adult: 'no' })).toMatchObject({ ok: false, fault: 'required' });
    expect(read({}, false)).toEqual({ ok: true, values: {} });
    expect(read({ age: 'x', adult: 'on' })).toMatchObject({
      ok: false,
      reason: { key: 'errors.fieldNumber', args: { field: 'Your age' } },
    });
  });

  test('comes from the inputs of a form and from JSON alike', () => {
    expect(
      givenCustomFields({ email: 'a@b.c', 'customFields.city': 'Rome', customFields: { age: 3 } }),
    ).toEqual({
      city: 'Rome',
      age: 3,
    });
    for (const customFields of [undefined, null, 'x', 3])
      expect(givenCustomFields({ customFields })).toEqual({});
  });
});

describe('stored', () => {
  let database: TestDatabase;
  let site: Site;
  let newsletterId: string;
  let slug: string;

  beforeAll(async () => {
    database = await testDatabase();
    site = await startSite(database.db);
    const newsletter = await makeNewsletter(database.db, { customFields: [...given] as never });
    newsletterId = newsletter.id;
    slug = newsletter.slug;
  });
  afterAll(async () => {
    await site.close();
    await database.close();
  });

  const answersOf = async (address: string) => {
    const { customFields } = await database.db.one<{ customFields: object }>(
      `select s.custom_fields from subscriptions s join subscribers r on r.id = s.subscriber_id
       where s.newsletter_id = $1 and r.address_key = $2`,
      [newsletterId, address],
    );
    return customFields;
  };
  const deps = () => ({
    db: database.db,
    secrets,
    enqueue: site.queue.enqueue,
    now: site.clock.now,
    subscribeLimits: limits(),
  });

  test('definitions are kept as they were given, and can be replaced', async () => {
    const { db } = database;
    expect((await getNewsletter(db, newsletterId))?.customFields).toEqual(fields);
    const made = await createNewsletter(
      { db, now: () => new Date() },
      { name: 'Other', from: { address: 'a@example.org' } },
    );
    if (!made.ok) throw new Error(made.code);
    expect(made.newsletter.customFields).toEqual([]);
    const one = [{ name: 'note', label: 'A note', type: 'text' as const }];
    const patched = await updateNewsletter({ db }, { id: made.newsletter.id, patch: { customFields: one } });
    expect(patched).toMatchObject({
      ok: true,
      newsletter: { customFields: [{ ...one[0], maxLength: 200 }] },
    });
  });

  test('a reader’s answers come with the subscription; an active reader’s are not a stranger’s to change', async () => {
    const email = 'ada@example.org';
    const customFields = { city: 'Paris', age: 36, adult: true, secret: 'x' };
    expect((await site.subscribe(slug, { email, customFields })).status).toBe(202);
    expect(await answersOf(email)).toEqual({ city: 'Paris', age: 36, adult: true });
    await site.work();
    await fetch(`${site.url}/confirm/${await site.tokenTo(email)}`, { method: 'POST' });
    site.clock.forward(86_400_000);
    await site.subscribe(slug, { email, customFields: { city: 'Rome', adult: true } });
    expect(await answersOf(email)).toEqual({ city: 'Paris', age: 36, adult: true });
  });

  test('a request without a required answer is refused by name, and nothing is stored', async () => {
    const refused = await site.subscribe(slug, { email: 'bob@example.org', customFields: { city: 'Oslo' } });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'invalid-customFields',
      detail: 'I am over 18: please tick this box.',
    });
    await expect(answersOf('bob@example.org')).rejects.toThrow('expected one row, got 0');
  });

  test('an admin sees, adds, changes and exports them', async () => {
    const added = await createSubscriber(deps(), {
      email: 'eve@example.org',
      newsletterId,
      status: 'active',
      customFields: { city: '=cmd()', age: 7 },
      via: 'api',
    });
    if (!added.ok) throw new Error(added.detail);
    const { id } = added.subscriber;
    expect(added.subscriber.subscriptions[0]?.customFields).toEqual({ city: '=cmd()', age: 7 });
    const change = (customFields: Record<string, unknown>) =>
      updateSubscriber(deps(), { id, newsletterId, via: 'api', customFields });
    expect(await change({ age: null, size: 's' })).toMatchObject({
      subscriber: { subscriptions: [{ customFields: { city: '=cmd()', size: 'S' } }] },
    });
    expect(await change({ age: 151 })).toMatchObject({ ok: false, code: 'invalid-customFields' });
    expect(await change({ agee: 1 })).toMatchObject({ ok: false, code: 'invalid-customFields' });
    expect((await exportSubscriber(deps(), { id }))?.subscriber.subscriptions[0]?.customFields).toEqual({
      city: '=cmd()',
      size: 'S',
    });
    let csv = '';
    for await (const piece of exportSubscribers(deps(), { newsletterId })) csv += piece;
    const [header = '', ...lines] = csv.trim().split('\r\n');
    expect(header).toMatch(/,customFields\.city,customFields\.age,customFields\.size,customFields\.adult$/);
    expect(lines.find((line) => line.startsWith('eve@'))).toMatch(/,'=cmd\(\),,S,$/);
    expect(lines.find((line) => line.startsWith('ada@'))).toMatch(/,Paris,36,,true$/);
  });

  test('a reader sees and changes them on the preferences page, and each change is recorded', async () => {
    const { db } = database;
    const added = await createSubscriber(deps(), {
      email: 'fay@example.org',
      newsletterId,
      status: 'active',
      customFields: { city: 'Rome', adult: true },
      via: 'api',
    });
    if (!added.ok) throw new Error(added.detail);
    const { id } = added.subscriber.subscriptions[0] ?? { id: '' };
    const url = `${site.url}/preferences/${signToken(secrets.derive('links'), 'preferences', id)}`;
    const save = (inputs: [string, string][]) =>
      fetch(url, { method: 'POST', body: new URLSearchParams([...inputs, ['action', 'save']]) });
    const page = await (await fetch(url)).text();
    expect(page).toMatch(/name="customFields\.city"[^>]* value="Rome"/);
    expect(page).toMatch(/name="customFields\.adult" type="checkbox" value="1" checked required/);
    const box: [string, string] = ['customFields.adult', '0'];
    const ticked: [string, string][] = [box, ['customFields.adult', '1']];
    expect((await save([['customFields.city', ''], ['customFields.age', '44'], ...ticked])).status).toBe(200);
    expect(await answersOf('fay@example.org')).toEqual({ age: 44, adult: true });
    expect((await save([['customFields.age', '200']])).status).toBe(400);
    // A reader can change a required answer, but not withdraw it.
    expect((await save([box])).status).toBe(400);
    // A button for another part of the page leaves the answers unchanged.
    expect((await save([['sendTime', '05:15']])).status).toBe(200);
    expect(await answersOf('fay@example.org')).toEqual({ age: 44, adult: true });
    const changes = await db.query<{ detail: object }>(
      `select detail from consents where subscription_id = $1 and event = 'changed' and detail ? 'customFields'`,
      [id],
    );
    expect(changes).toEqual([{ detail: { customFields: { age: 44, adult: true } } }]);
    const own = await (
      await fetch(url, { method: 'POST', body: new URLSearchParams({ action: 'export' }) })
    ).json();
    expect(own).toMatchObject({
      subscriber: { subscriptions: [{ customFields: { age: 44, adult: true } }] },
    });
  });
});
