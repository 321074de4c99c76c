// MJML, as HTML. It is compiled in a thread: loading mjml takes half a second and 45 MB, which a worker gives back when
// the thread ends. And a publisher's own 4,000 columns keep a core busy for seconds, in which a web process would answer no
// request.
import { isMainThread } from 'node:worker_threads';
import { openThread } from '../threads.js';

export interface CompiledMjml {
  html: string;
  errors: { line: number; message: string }[];
}

export interface MjmlInput {
  mjml: string;
  /** soft: reports what is not valid. */
  validationLevel: 'skip' | 'soft';
}

// The check of a template allows less time. This limit is for a slower moment.
const compileInThread = openThread<CompiledMjml | { problem: string }>(
  new URL('./mjml-thread.js', import.meta.url),
  { milliseconds: 180_000, megabytes: 512 },
);

/** Compiles in this thread. */
export async function compileHere({ mjml, validationLevel }: MjmlInput): Promise<CompiledMjml> {
  const { default: mjml2html } = await import('mjml');
  const { html, errors } = await mjml2html(mjml, {
    validationLevel,
    fonts: {},
    keepComments: false,
    ignoreIncludes: true,
  });
  return { html, errors: errors.map(({ line, message }) => ({ line, message })) };
}

/** Throws when the template takes too much time or memory. */
export async function compileMjml(input: MjmlInput): Promise<CompiledMjml> {
  // A thread that checks a template has limits of its own.
  if (!isMainThread) return compileHere(input);
  const result = await compileInThread(input);
  if (!result.ok)
    throw new Error(
      result.because === 'error'
        ? `the template could not be compiled: ${result.message}`
        : `the template takes too much ${result.because} to compile`,
    );
  if ('problem' in result.output) throw new Error(result.output.problem);
  return result.output;
}
