// Checks a publisher's own template in a thread with limits: the web process goes on answering meanwhile.
import type { Look } from '../newsletters/look.js';
import { openThread, type ThreadLimits } from '../threads.js';

export interface TemplateToCheck {
  mjml: string;
  look: Look;
}

// A template of the usual size takes less than a second.
const usualLimits: ThreadLimits = { milliseconds: 120_000, megabytes: 384 };

/** Returns the check: the problems of a template, in words for its author. None: it can be mailed. */
export function openTemplateCheck(limits: ThreadLimits): (template: TemplateToCheck) => Promise<string[]> {
  const ask = openThread<string[]>(new URL('./check-template-thread.js', import.meta.url), limits);
  return async ({ mjml, look }) => {
    const result = await ask({ mjml, look });
    return result.ok ? result.output : [whyNot(result.because, limits)];
  };
}

function whyNot(because: 'time' | 'memory' | 'error', { milliseconds }: ThreadLimits): string {
  switch (because) {
    case 'time':
      return `checking the template takes longer than ${milliseconds / 1000} seconds: it needs fewer sections and columns`;
    case 'memory':
      return 'checking the template takes too much memory: it needs fewer sections and columns';
    case 'error':
      return 'the template cannot be checked';
  }
}

export const checkInThread = openTemplateCheck(usualLimits);
