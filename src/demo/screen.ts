// Progress of the demo: a spinner and a bar on a terminal, plain lines elsewhere.
import { styleText } from 'node:util';

/** Shows that `done` of `total` are finished. */
export type ShowProgress = (done: number, total: number) => void;

export interface Step<T> {
  told: string;
  value: T;
}

export interface Screen {
  line(text?: string): void;
  /** Runs one step and prints its `told` after a tick. An error is printed after a cross and thrown again. */
  step<T>(title: string, work: (progress: ShowProgress) => Promise<Step<T>>): Promise<T>;
}

const marks = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const barWidth = 20;

function bar(done: number, total: number): string {
  const full = Math.round((barWidth * done) / Math.max(1, total));
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)} ${done} of ${total}`;
}

type Style = Parameters<typeof styleText>[0];

/** fetch() puts the reason of a failure into the error's cause. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

export function openScreen(out: NodeJS.WriteStream): Screen {
  // hasColors() also respects NO_COLOR.
  const isLive = out.isTTY;
  const coloured = isLive && out.hasColors();
  const paint = (style: Style, text: string): string => (coloured ? styleText(style, text) : text);
  const width = 34;

  return {
    line: (text = '') => void out.write(`${text}\n`),
    async step(title, work) {
      const started = Date.now();
      let detail = '';
      let turn = 0;
      const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      const draw = (): void => {
        const mark = marks[turn++ % marks.length] ?? '';
        out.write(
          `\r\u001b[2K${paint('cyan', mark)} ${title.padEnd(width)} ${detail} ${paint('dim', seconds())}`,
        );
      };
      // Without a terminal, a line every five seconds shows that the step is not stuck.
      const timer = isLive
        ? setInterval(draw, 80)
        : setInterval(() => out.write(`  … ${title}${detail && ` ${detail}`} (${seconds()})\n`), 5_000);
      const end = (mark: string, told: string): void => {
        clearInterval(timer);
        const [first = '', ...more] = told.split('\n');
        const lines = [
          `${mark} ${title.padEnd(width)} ${first}`,
          ...more.map((text) => `${' '.repeat(width + 3)}${text}`),
        ];
        out.write(`${isLive ? '\r\u001b[2K' : ''}${lines.join('\n')}\n`);
      };
      try {
        const { told, value } = await work((done, total) => {
          detail = total > 0 ? bar(done, total) : '';
        });
        end(paint('green', '✓'), told);
        return value;
      } catch (error) {
        end(paint('red', '✗'), describe(error));
        throw error;
      }
    },
  };
}
