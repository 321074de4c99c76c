// Endpoints for a newsletter's own mail templates and for the preview of a look.
import { z } from 'zod';
import { actorName } from '../accounts/permission.js';
import { templateSizeLimit } from '../digest/check-template.js';
import { addTemplate } from '../digest/own-template.js';
import { inEnglish } from '../languages/translate.js';
import { previewLook } from '../issues/preview-look.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { lookPatch } from '../newsletters/look.js';
import { getTemplate, listTemplates } from '../newsletters/own-templates.js';
import { pageOf } from '../paging.js';
import { problem } from '../problem.js';
import { created, endpoint, id, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';
import { droppedSchema } from './issue-schemas.js';

const tag = 'mail templates';

const mjml = z
  .string()
  .min(1)
  .max(templateSizeLimit)
  .meta({
    description:
      "MJML with Handlebars' placeholders. {{> part}} puts in one of ours: head, preheader, masthead, masthead-band, " +
      'masthead-letter, opening, contents, contents-letter, posts, posts-compact, posts-letter, more, closing, end, ' +
      'footer (each but head and preheader in an mj-column). {{look.accent}} and the like are the newsletter’s colours, ' +
      'fonts and width.',
    example:
      '<mjml lang="{{language}}" dir="{{look.direction}}">{{> head}}<mj-body width="{{look.width}}px">{{> preheader}}' +
      '<mj-section><mj-column>{{> masthead}}{{> posts}}{{> footer}}</mj-column></mj-section></mj-body></mjml>',
  });

const summary = {
  id,
  newsletterId: id,
  version: z
    .int()
    .meta({ description: 'The number of the version within the newsletter, for look.version.' }),
  note: z.string().nullable(),
  createdBy: z.string(),
  createdAt: time,
};
const templateSummary = z.object(summary).meta({ id: 'MailTemplateSummary' });
const templateSchema = z.object({ ...summary, mjml: z.string() }).meta({ id: 'MailTemplate' });

const preview = z
  .object({
    problems: z
      .array(z.string())
      .meta({ description: 'The problems of the template. If there are any, nothing is rendered.' }),
    subject: z.string().nullable(),
    html: z.string().nullable(),
    text: z.string().nullable(),
    bytes: z
      .int()
      .nullable()
      .meta({ description: 'The encoded size of the HTML. Gmail clips at 102,000 bytes.' }),
    dropped: droppedSchema.nullable(),
  })
  .meta({ id: 'LookPreview' });

export const mailTemplateEndpoints = [
  endpoint({
    method: 'get',
    path: '/newsletters/:id/mail-templates',
    tag,
    summary: "List a newsletter's own templates",
    permission: 'read',
    query: pageQuery,
    answers: {
      200: { description: 'The newest first, without their MJML.', schema: pageSchema(templateSummary) },
    },
    async handle({ deps, id: newsletterId, query: { limit, cursor } }) {
      if (!(await getNewsletter(deps.db, newsletterId))) return notFound('newsletter');
      const rows = await listTemplates(deps.db, { newsletterId, before: cursor, limit: limit + 1 });
      return ok(pageOf(rows, limit));
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/mail-templates',
    tag,
    summary: 'Add your own template as a new version',
    description:
      'The template is checked and stored. It is not in use until the newsletter’s look is {"template": "own", "version": …}. ' +
      'An issue is rendered with the version that was in use at its cut-off.',
    permission: 'write',
    body: z
      .strictObject({ mjml, note: z.string().trim().max(200).optional() })
      .meta({ id: 'MailTemplateInput' }),
    answers: { 201: { description: 'The template.', schema: templateSchema } },
    problems: { 400: 'template-invalid: the template cannot be used. `errors` has the reasons.' },
    audit: 'template.add',
    async handle({ deps, id: newsletterId, body, actor }) {
      const added = await addTemplate(deps, {
        newsletterId,
        mjml: body.mjml,
        note: body.note || null,
        createdBy: actorName(actor),
      });
      if (added.ok) return created(added.template, 'template', `/mail-templates/${added.template.id}`);
      if (added.code === 'not-found') return notFound('newsletter');
      const problems = added.problems.map(inEnglish);
      return problem(400, added.code, `The template cannot be used: ${problems[0] ?? ''}.`, {
        errors: problems.map((message) => ({ path: 'mjml', message })),
      });
    },
  }),
  endpoint({
    method: 'get',
    path: '/mail-templates/:id',
    tag,
    summary: 'Get one of your templates',
    permission: 'read',
    answers: { 200: { description: 'The template.', schema: templateSchema } },
    async handle({ deps, id: templateId }) {
      const template = await getTemplate(deps.db, templateId);
      return template ? ok(template) : notFound('template');
    },
  }),
  endpoint({
    method: 'post',
    path: '/newsletters/:id/look-preview',
    tag,
    summary: 'Preview the latest posts with another look or template',
    description: 'Changes nothing. If there are no posts, or the template has problems, nothing is rendered.',
    permission: 'write',
    body: z
      .strictObject({ look: lookPatch.optional(), mjml: mjml.optional() })
      .meta({ id: 'LookPreviewInput' }),
    bodyOptional: true,
    answers: { 200: { description: 'The mail.', schema: preview } },
    async handle({ deps, id: newsletterId, body }) {
      const previewed = await previewLook(deps, { newsletterId, ...body });
      if (previewed === undefined) return notFound('newsletter');
      const { problems, rendered } = previewed;
      const { subject = null, html = null, text = null, bytes = null, dropped = null } = rendered ?? {};
      return ok({ problems: problems.map(inEnglish), subject, html, text, bytes, dropped });
    },
  }),
];
