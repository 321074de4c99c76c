// Checks a publisher's own template in a thread with limits: the web process goes on answering meanwhile.
import type { Message, Said } from '../languages/messages.js';
import type { Look } from '../newsletters/look.js';
import { openThread, type ThreadLimits } from '../threads.js';

export interface TemplateToCheck {
  mjml: string;
  look: Look;
}

// A template of the usual size takes less than a second.
const usualLimits: ThreadLimits = { milliseconds: 120_000, megabytes: 384 };

/** Returns the check: the problems of a template, for its author. None: it can be mailed. */
export function openTemplateCheck(limits: ThreadLimits): (template: TemplateToCheck) => Promise<Said[]> {
  const ask = openThread<Said[]>(new URL('./check-template-thread.js', import.meta.url), limits);
  return async ({ mjml, look }) => {
    const result = await ask({ mjml, look });
    return result.ok ? result.output : [whyNot(result.because, limits)];
  };
}

function whyNot(because: 'time' | 'memory' | 'error', { milliseconds }: ThreadLimits): Message {
  switch (because) {
    case 'time':
      return { key: 'template.tooSlow', args: { seconds: milliseconds / 1000 } };
    case 'memory':
      return { key: 'template.tooMuchMemory' };
    case 'error':
      return { key: 'template.uncheckable' };
  }
}

export const checkInThread = openTemplateCheck(usualLimits);
