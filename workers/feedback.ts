// The feedback queue: what came back and waits in the inbox.
import { takeMails, type TakeMailsDeps } from '../src/feedback/take-mails.js';

export function feedbackWorker(deps: TakeMailsDeps) {
  return (): Promise<void> => takeMails(deps);
}
