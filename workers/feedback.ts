// The feedback queue: what came back and waits in the inbox.
import { createProviderGuard } from '../src/delivery/guard-provider.js';
import { takeMails, type TakeMailsDeps } from '../src/feedback/take-mails.js';

export function feedbackWorker(deps: Omit<TakeMailsDeps, 'providers'>) {
  const providers = createProviderGuard(deps);
  return (): Promise<void> => takeMails({ ...deps, providers });
}
