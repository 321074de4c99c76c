// webhook create, set, list: addresses to which events are sent.
import { recordAudit } from '../../accounts/audit.js';
import type { Actor } from '../../accounts/permission.js';
import { maxLimit } from '../../paging.js';
import { webhookEvents, type WebhookEvent } from '../../webhooks/events.js';
import { changeWebhook, createWebhook, listWebhooks, type Webhook } from '../../webhooks/manage-webhooks.js';
import { CommandError, needed, text, UsageError, type Command } from '../command.js';
import { theNewsletter, withContext } from '../context.js';
import { table } from '../output.js';

const cli: Actor = { kind: 'cli', role: 'owner' };

/** All, if none is named. */
function eventsOf(list: string | undefined): readonly WebhookEvent[] {
  if (list === undefined) return webhookEvents;
  return list.split(',').map((one) => {
    const found = webhookEvents.find((event) => event === one.trim());
    if (found === undefined)
      throw new UsageError(`"${one.trim()}" is no event. The events: ${webhookEvents.join(', ')}`);
    return found;
  });
}

const createCommand: Command = {
  name: 'webhook create',
  summary: 'Create a webhook and print its secret; it cannot be shown again',
  options: {
    url: { value: 'URL', help: 'address to which events are sent', needed: true },
    events: { value: 'LIST', help: 'events, separated by commas (default: all)' },
    newsletter: { value: 'SLUG', help: 'only events of this newsletter (default: of all)' },
  },
  async run(call) {
    const url = needed(call, 'url');
    const events = eventsOf(text(call, 'events'));
    return withContext(async (context) => {
      const newsletterId =
        text(call, 'newsletter') === undefined ? null : (await theNewsletter(context.db, call)).id;
      const made = await createWebhook(context, { url, events, newsletterId });
      if (!made.ok) throw new CommandError(made.code, made.detail);
      const { webhook, secret } = made;
      await recordAudit(context, { actor: cli, action: 'webhook.create', subject: `webhook:${webhook.id}` });
      call.out.result({ ...webhook, secret }, secret);
      return 0;
    });
  },
};

const setCommand: Command = {
  name: 'webhook set',
  summary: 'Change the address, the events or the newsletter of a webhook; its secret stays',
  args: '<id>',
  argsHelp: 'the id that webhook list shows',
  options: {
    url: { value: 'URL', help: 'address to which events are sent' },
    events: { value: 'LIST', help: 'events, separated by commas' },
    newsletter: { value: 'SLUG', help: 'only events of this newsletter', conflicts: 'all-newsletters' },
    'all-newsletters': { help: 'events of all newsletters' },
  },
  async run(call) {
    const [id = ''] = call.args;
    const [url, events] = [text(call, 'url'), text(call, 'events')];
    return withContext(async (context) => {
      const changed = await changeWebhook(context, {
        id,
        url,
        events: events === undefined ? undefined : eventsOf(events),
        newsletterId:
          call.values['all-newsletters'] === true
            ? null
            : text(call, 'newsletter') === undefined
              ? undefined
              : (await theNewsletter(context.db, call)).id,
      });
      if (!changed) throw new CommandError('not-found', `There is no webhook ${id}.`);
      if (!changed.ok) throw new CommandError(changed.code, changed.detail);
      await recordAudit(context, { actor: cli, action: 'webhook.change', subject: `webhook:${id}` });
      call.out.result(changed.webhook, `Webhook ${id} sends to ${changed.webhook.url}.`);
      return 0;
    });
  },
};

const stateOf = ({ enabled, disabledBecause, failingSince }: Webhook): string => {
  if (!enabled) return `disabled (${disabledBecause})`;
  return failingSince === null ? 'enabled' : 'failing';
};

const listCommand: Command = {
  name: 'webhook list',
  summary: 'List the webhooks',
  options: {},
  async run(call) {
    return withContext(async (context) => {
      const webhooks: Webhook[] = [];
      let cursor: string | undefined;
      do {
        const page = await listWebhooks(context, { cursor, limit: maxLimit });
        webhooks.push(...page.data);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      const lines = table(
        webhooks.map((one) => [
          one.id,
          stateOf(one),
          one.url,
          one.newsletterId === null ? 'all newsletters' : `newsletter ${one.newsletterId}`,
          one.events.length === webhookEvents.length ? 'all events' : one.events.join(','),
        ]),
      );
      call.out.result({ data: webhooks }, lines.length > 0 ? lines : 'There are no webhooks.');
      return 0;
    });
  },
};

export const webhookCommands = [createCommand, setCommand, listCommand];
