// GET and POST /preferences/:token. Buttons post `action` to their own page; the answer is the page after the
// change.
import express, { type Request, type Response, type Router } from 'express';
import { pageLanguage, speaker } from '../languages/routes-language.js';
import { translator } from '../languages/translate.js';
import { readerProblem } from '../problem.js';
import { renderPage } from '../templating/templates.js';
import {
  changePreferences,
  type ChangedPreferences,
  type ChangePreferencesDeps,
  type PreferencesAction,
} from './change-preferences.js';
import type { AddressDeps } from './change-address.js';
import { showPreferences, type FoundPreferences, type PreferencesDeps } from './preferences.js';
import { preferencesView } from './preferences-view.js';
import { pageNewsletter, sendError } from '../joining/routes-pages.js';
import { undoOf } from './routes-leaving.js';
import { caller, readFields } from '../joining/routes-request.js';
import { signToken } from '../subscribers/tokens.js';

// Room for the largest number of custom fields, each of the largest size, in form encoding.
const bodyLimit = '256kb';
const actions: readonly PreferencesAction[] = [
  'save',
  'pause',
  'resume',
  'rejoin',
  'join',
  'leave',
  'move',
  'stay',
  'rejoin-weekly',
  'reason',
];

type Gone = Exclude<FoundPreferences, { state: 'found' }>;

function sendGone(request: Request, response: Response, { state }: Gone): void {
  const page = pageLanguage(request, response);
  const { t } = translator(page.locale);
  if (state === 'unknown') response.status(404).send(renderPage('link-invalid', { reason: 'unknown' }, page));
  else {
    const view = { status: 200, title: t('leaving.goneTitle'), detail: t('leaving.gone') };
    response.send(renderPage('error', view, page));
  }
}

export interface PreferencesRouteDeps extends ChangePreferencesDeps, AddressDeps {
  /** Forgets the person, in every feature. */
  eraseSubscriber: (deps: PreferencesDeps, subscriber: { id: string }) => Promise<boolean>;
  /** Everything that is stored about the person. */
  exportSubscriber: (deps: PreferencesDeps, subscriber: { id: string }) => Promise<object | undefined>;
}

export function preferencesRoute(deps: PreferencesRouteDeps): Router {
  const router = express.Router({ mergeParams: true });
  const urlOf = (subscriptionId: string) =>
    `/preferences/${signToken(deps.secrets.derive('links'), 'preferences', subscriptionId)}`;

  const send = (
    request: Request<{ token: string }>,
    response: Response,
    found: FoundPreferences | ChangedPreferences,
  ): void => {
    if (found.state !== 'found') return sendGone(request, response, found);
    const { preferences } = found;
    const did = 'outcome' in found ? found : undefined;
    const newsletter = pageNewsletter(preferences.newsletter);
    const { email, status, language: stored } = preferences;
    const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
    if (status === 'active' || status === 'suppressed') {
      response.status(did?.outcome === 'invalid' ? 400 : 200);
      const view = preferencesView(preferences, {
        now: deps.now(),
        did,
        urlOf,
        words: translator(page.locale),
      });
      response.send(renderPage('preferences', { newsletter, ...view }, page));
    } else {
      const outcome = did?.outcome;
      const reasonProblem = outcome === 'no-reason';
      const thanked = outcome === 'thanked';
      const already = outcome !== 'left' && !thanked && !reasonProblem;
      const undo = preferences.undoable
        ? undoOf(preferences.newsletter, request.params.token, { less: preferences.less, page })
        : {};
      response.status(reasonProblem ? 400 : 200);
      response.send(
        renderPage('unsubscribed', { newsletter, email, already, thanked, reasonProblem, ...undo }, page),
      );
    }
  };

  router.get('/', async (request: Request<{ token: string }>, response) => {
    const { token } = request.params;
    send(request, response, await showPreferences(deps, { token }));
  });

  router.post(
    '/',
    express.raw({ type: () => true, limit: bodyLimit }),
    async (request: Request<{ token: string }>, response) => {
      const { token } = request.params;
      const raw: unknown = request.body;
      const body = Buffer.isBuffer(raw) ? raw : Buffer.alloc(0);
      const fields = await readFields(body, request.get('content-type') ?? '');
      const named = fields?.['action'];
      const action = actions.find((one) => one === named);
      if (fields && action)
        return send(
          request,
          response,
          await changePreferences(deps, {
            token,
            action,
            fields,
            speak: speaker(request),
            ...caller(request),
          }),
        );

      const found = await showPreferences(deps, { token });
      if (found.state !== 'found') return sendGone(request, response, found);
      const { newsletter, email, subscriberId: id, language: stored } = found.preferences;
      const page = pageLanguage(request, response, { stored, newsletter: newsletter.language });
      const view = { newsletter: pageNewsletter(newsletter), email };
      switch (named) {
        case 'export':
          response.attachment('my-data.json').type('json');
          return response.send(JSON.stringify(await deps.exportSubscriber(deps, { id }), undefined, 2));
        case 'erase':
          return response.send(renderPage('erase', view, page));
        case 'erase-for-good':
          await deps.eraseSubscriber(deps, { id });
          return response.send(renderPage('erased', view, { ...page, menu: [] }));
        default:
          return sendError(
            request,
            response,
            readerProblem(400, 'unknown-action', { key: 'errors.unknownAction' }),
          );
      }
    },
  );
  return router;
}
