// Deletes deliveries to webhooks that are older than config/retention.ts says.
import { forgetLot, type ForgetDeps } from '../forget-lot.js';
import { deleteOldWebhookDeliveries } from './store-deliveries.js';

export const forgetWebhookDeliveries = (deps: ForgetDeps): Promise<number> =>
  forgetLot(deps, 'webhookDeliveries', deleteOldWebhookDeliveries);
