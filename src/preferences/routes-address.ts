// GET and POST /address/:token: the page that asks each end of a change of address. Opening the link changes
// nothing.
import express, { type Request, type RequestHandler, type Response, type Router } from 'express';
import { pageLanguage } from '../languages/routes-language.js';
import { readerProblem } from '../problem.js';
import { renderPage } from '../templating/templates.js';
import {
  answerAddressChange,
  showAddressChange,
  type AddressDeps,
  type AddressPage,
} from './change-address.js';
import { pageNewsletter, seeOther, sendClosed, sendError } from '../joining/routes-pages.js';
import { caller, readFields } from '../joining/routes-request.js';

const bodyLimit = '4kb';

export function addressRoute(deps: AddressDeps): Router {
  const router = express.Router({ mergeParams: true });

  const send = (request: Request, response: Response, found: AddressPage): void => {
    if (found.state === 'unknown') {
      const page = pageLanguage(request, response);
      response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }, page));
      return;
    }
    const { newsletter, state, end, newAddress, closed, domain, language: stored } = found;
    const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
    if (closed.length > 0) return sendClosed(request, response, { closed, domain, page });
    const view = {
      newsletter: pageNewsletter(newsletter),
      newAddress,
      old: end === 'old',
      ready: state === 'ready',
      waiting: state === 'waiting',
      done: state === 'done',
    };
    response.status(state === 'gone' ? 410 : 200).send(renderPage('address-change', view, page));
  };

  router.get('/', async (request: Request<{ token: string }>, response) => {
    const { token } = request.params;
    send(request, response, await showAddressChange(deps, { token }));
  });

  const requireKnownLink: RequestHandler<{ token: string }> = async (request, response, next) => {
    const found = await showAddressChange(deps, { token: request.params.token });
    if (found.state !== 'unknown') return next();
    response.set('Connection', 'close');
    return send(request, response, found);
  };

  router.post(
    '/',
    requireKnownLink,
    express.raw({ type: () => true, limit: bodyLimit }),
    async (request: Request<{ token: string }>, response) => {
      const raw: unknown = request.body;
      const body = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
      const answer = (await readFields(body, request.get('content-type') ?? ''))?.['answer'];
      // Anything but yes or no is refused: it did not come from our buttons.
      if (answer !== 'yes' && answer !== 'no')
        return sendError(request, response, readerProblem(400, 'no-answer', { key: 'errors.unknownAction' }));
      const { token } = request.params;
      const input = { token, agrees: answer === 'yes', ...caller(request) };
      const answered = await answerAddressChange(deps, input);
      // Refused domains are an error, which the page of the link does not show.
      if (answered.state === 'unknown' || answered.closed.length > 0)
        return send(request, response, answered);
      return seeOther(request, response);
    },
  );
  return router;
}
