// The webhooks queue: sends the events that other programs wait for.
import { sendWebhooks, type SendWebhooksDeps } from '../src/webhooks/send-webhooks.js';

export function webhooksWorker(deps: SendWebhooksDeps) {
  return async (): Promise<void> => void (await sendWebhooks(deps));
}
