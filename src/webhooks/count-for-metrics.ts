// The numbers behind /metrics: tries to send to webhooks, by outcome.
import type { Db } from '../db.js';
import { selectWebhookCounts, type WebhookCounts } from './store.js';

export const countWebhookTries = (db: Db): Promise<WebhookCounts> => selectWebhookCounts(db);
