// Endpoints for the domains whose addresses may or may not subscribe.
import { z } from 'zod';
import { listDomainRules, removeDomainRule, setDomainRules } from '../joining/manage-domain-rules.js';
import { problem } from '../problem.js';
import { endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const tag = 'domain-rules';
const rule = z.enum(['allow', 'block']);

const domainRule = z
  .object({
    id,
    newsletterId: id.nullable().meta({ description: 'null: for every newsletter.' }),
    domain: z.string().meta({ example: 'example.org', description: 'What is below it is meant too.' }),
    rule,
    createdAt: time,
  })
  .meta({ id: 'DomainRule' });

const domainRuleInput = z
  .strictObject({
    domain: z.string().max(1000).meta({ example: 'example.org' }),
    rule,
    newsletterId: z.string().nullable().default(null),
  })
  .meta({ id: 'DomainRuleInput' });

export const domainRuleEndpoints = [
  endpoint({
    method: 'get',
    path: '/domain-rules',
    tag,
    summary: 'List the rules about whose addresses may subscribe',
    permission: 'read',
    query: pageQuery.extend({
      newsletter: z
        .string()
        .max(20)
        .optional()
        .meta({ description: 'Its id; "none": those for every newsletter.' }),
    }),
    answers: { 200: { description: 'In the order they were made.', schema: pageSchema(domainRule) } },
    async handle({ deps, query: { newsletter, cursor, limit } }) {
      const newsletterId = newsletter === 'none' ? null : newsletter;
      return ok(await listDomainRules(deps, { newsletterId, cursor, limit }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/domain-rules',
    tag,
    summary: 'Say whether addresses of a domain may subscribe',
    description:
      'For requests from now on; who reads already stays. Whoever may not is answered like everybody. The most exact rule decides, the newsletter’s own before those for all; where there is an `allow`, all other domains may not.',
    permission: 'write',
    body: domainRuleInput,
    answers: {
      200: { description: 'There was a rule for the domain; it is this now.', schema: domainRule },
      201: { description: 'The rule.', schema: domainRule },
    },
    audit: 'domain-rule.set',
    async handle({ deps, body: { domain, ...body } }) {
      const result = await setDomainRules(deps, { ...body, domains: [domain] });
      if (!result.ok) {
        const path = result.code === 'invalid-domain' ? 'domain' : 'newsletterId';
        return problem(400, result.code, result.detail, { errors: [{ path, message: result.detail }] });
      }
      const [made] = result.rules;
      return { status: result.created > 0 ? 201 : 200, body: made, subject: `domain-rule:${made?.id}` };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/domain-rules/:id',
    tag,
    summary: 'Forget a rule',
    permission: 'write',
    answers: { 204: { description: 'It is gone.' } },
    audit: 'domain-rule.remove',
    async handle({ deps, id: ruleId }) {
      return (await removeDomainRule(deps, { id: ruleId })) ? noContent() : notFound('rule');
    },
  }),
];
