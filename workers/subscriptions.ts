// The subscriptions queue: confirmation and welcome mails, and changes of address.
import type { Payload } from '../src/queues.js';
import { sendAddressMails } from '../src/preferences/send-address-mails.js';
import { sendConfirmation, type SendConfirmationDeps } from '../src/joining/send-confirmation.js';
import { sendReminder, tellSubscribed, type SendNoticeDeps } from '../src/joining/send-notices.js';
import { sendWelcome } from '../src/joining/send-welcome.js';

export function subscriptionsWorker(deps: SendConfirmationDeps & SendNoticeDeps) {
  return async (payload: Payload<'subscriptions'>): Promise<void> => {
    switch (payload.kind) {
      case 'confirm':
        await sendConfirmation(deps, payload);
        return;
      case 'remind':
        await sendReminder(deps, payload);
        return;
      case 'tell':
        await tellSubscribed(deps, payload);
        return;
      case 'welcome':
        await sendWelcome(deps, payload);
        return;
      case 'address':
        await sendAddressMails(deps, payload);
        return;
    }
  };
}
