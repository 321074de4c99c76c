// feedback reports: what receivers report about the domains of newsletters.
import { reportedDomains } from '../../domain-reports/list-reports.js';
import type { Command } from '../command.js';
import { withContext } from '../context.js';

export const reportsCommand: Command = {
  name: 'feedback reports',
  summary: 'Print what receivers reported in 30 days about DMARC and encryption, by domain',
  options: {},
  async run({ out }) {
    return withContext(async (context) => {
      const data = await reportedDomains(context);
      out.result(
        { data },
        data.length === 0
          ? 'No report has come in. Receivers send them to the address in rua= of your DMARC record.'
          : data.map(
              ({ domain, words, organizations }) => `${domain}: ${words} (${organizations.join(', ')})`,
            ),
      );
      return 0;
    });
  },
};
