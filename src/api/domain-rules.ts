// Endpoints for the domains whose addresses may or may not subscribe.
import { z } from 'zod';
import {
  getDomainRule,
  listDomainRules,
  removeDomainRule,
  setDomainRules,
} from '../joining/manage-domain-rules.js';
import { problem } from '../problem.js';
import { endpoint, id, noContent, notFound, ok, pageSchema, pageQuery, time } from './endpoint.js';

const tag = 'domain-rules';
const rule = z.enum(['allow', 'block']);

const domainRule = z
  .object({
    id,
    newsletterId: id.nullable().meta({ description: 'null: the rule applies to every newsletter.' }),
    domain: z.string().meta({ example: 'example.org', description: 'The rule includes subdomains.' }),
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
    summary: 'List the domains that may or may not subscribe',
    permission: 'read',
    query: pageQuery.extend({
      newsletter: z
        .string()
        .max(20)
        .optional()
        .meta({ description: 'The newsletter’s id. "none": the rules for every newsletter.' }),
    }),
    answers: { 200: { description: 'The oldest first.', schema: pageSchema(domainRule) } },
    async handle({ deps, query: { newsletter, cursor, limit } }) {
      const newsletterId = newsletter === 'none' ? null : newsletter;
      return ok(await listDomainRules(deps, { newsletterId, cursor, limit }));
    },
  }),
  endpoint({
    method: 'post',
    path: '/domain-rules',
    tag,
    summary: 'Allow or block the addresses of a domain',
    description:
      'Applies to new requests; existing subscribers are kept. A blocked request gets the same answer as any other. The rule for the longest matching domain decides, and the newsletter’s rules come before those for every newsletter. If any domain is allowed, all others are blocked.',
    permission: 'write',
    body: domainRuleInput,
    answers: {
      200: { description: 'The domain had a rule, which is now replaced.', schema: domainRule },
      201: { description: 'The new rule.', schema: domainRule },
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
    method: 'get',
    path: '/domain-rules/:id',
    tag,
    summary: 'Get a rule',
    permission: 'read',
    answers: { 200: { description: 'The rule.', schema: domainRule } },
    async handle({ deps, id: ruleId }) {
      const found = await getDomainRule(deps, { id: ruleId });
      return found ? ok(found) : notFound('rule');
    },
  }),
  endpoint({
    method: 'delete',
    path: '/domain-rules/:id',
    tag,
    summary: 'Delete a rule',
    permission: 'write',
    answers: { 204: { description: 'Deleted.' } },
    audit: 'domain-rule.remove',
    async handle({ deps, id: ruleId }) {
      return (await removeDomainRule(deps, { id: ruleId })) ? noContent() : notFound('rule');
    },
  }),
];
