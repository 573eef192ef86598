/** Sends the consent page, with the request sealed in its form. The page is `pages/consent-page.ts`. */
import type { Request, Response } from 'express';

import { AUTH0_SCOPES } from '../auth0/authorization-request.js';
import { type Client, clientFingerprint } from '../clients/client.js';
import type { Config } from '../config/config.js';
import type { Core } from '../core.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import { redirectUriHost, redirectUriKind } from '../oauth/redirect-uri.js';
import { missingScopes } from '../oauth/scope.js';
import { consentPage } from '../pages/consent-page.js';
import { type PageContextOf, sendPage } from './pages.js';
import type { SealedForms } from './sealed-forms.js';

/**
 * Minimum age of the page at Allow: longer than a double click, shorter than reading the page. A page of another site
 * can receive the first click, and let the second hit a button that has just appeared under the pointer.
 */
export const MIN_READING_MS: number = 1500;

/** Whether a decision on a page, created at that unix time in milliseconds, comes sooner than it can be read. */
export function createReadingCheck({
  config,
  nowMs = Date.now,
  minReadingMs,
}: Core): (createdAtMs: number) => boolean {
  // Auth0 by http is a stand-in on this machine: tests do not read, and no account is at risk.
  const isStandIn = config.auth0.discoveryUrl.protocol === 'http:';
  const minimumMs = minReadingMs ?? (isStandIn ? 0 : MIN_READING_MS);
  return (createdAtMs) => nowMs() - createdAtMs < minimumMs;
}

interface ConsentRequest {
  readonly request: ApprovedRequest;
  readonly clientKind: Client['kind'];
  /** Host of the client's metadata document. */
  readonly clientHost: string | undefined;
}

/** The content of the form. */
export interface ConsentForm extends ConsentRequest {
  /** When the page was created; unix time in milliseconds. */
  readonly createdAtMs: number;
}

/** Sends the consent page. */
export type PromptForConsent = (
  req: Request,
  res: Response,
  consent: ConsentRequest,
  options?: { readonly wasTooSoon?: boolean },
) => void;

/** Scopes that the client did not request, although tools here need them: the user can add them to the request. */
export function offeredScopes(
  { offerToolScopes, scopes }: Pick<Config, 'offerToolScopes' | 'scopes'>,
  request: ApprovedRequest,
): readonly string[] {
  if (!offerToolScopes) return [];
  const toolScopes = new Set([...scopes.byTool.values()].flat());
  return missingScopes([...toolScopes], request.scopes, scopes.implied);
}

export function createConsentPrompt(
  { config, nowMs = Date.now }: Core,
  forms: SealedForms<ConsentForm>,
  pageContextOf: PageContextOf,
  consentUrl: string,
): PromptForConsent {
  const { resource, scopes } = config;
  const described = (names: readonly string[]) =>
    names.map((name) => ({ name, description: scopes.descriptions.get(name) }));
  return function promptForConsent(req, res, consent, { wasTooSoon = false } = {}) {
    const { request, clientKind, clientHost } = consent;
    const { redirectUri, client } = request;
    const offered = offeredScopes(config, request);
    const shown = [...request.scopes, ...offered];
    const form: ConsentForm = { request, clientKind, clientHost, createdAtMs: nowMs() };
    const page = consentPage(pageContextOf(req), {
      form: {
        action: formUrl(consentUrl, request),
        fields: { request: forms.write(req, res, form) },
      },
      wasTooSoon,
      clientName: client.name,
      clientNameVerified: clientKind === 'preregistered',
      clientHost,
      clientFingerprint: clientFingerprint(client.id),
      redirectUri,
      redirectHost: redirectUriHost(redirectUri),
      redirectKind: redirectUriKind(redirectUri) ?? 'custom_scheme',
      scopes: described(request.scopes),
      offeredScopes: described(offered),
      mayReauthenticate: shown.some((scope) => scopes.authentication.has(scope)),
      auth0Scopes: [...new Set([...AUTH0_SCOPES, ...request.scopes])],
      resource,
    });
    sendPage(res, 200, page);
  };
}

/** With the language of the request, for the pages after the form. */
function formUrl(consentUrl: string, { hints }: ApprovedRequest): string {
  const uiLocales = hints['ui_locales'];
  return uiLocales === undefined
    ? consentUrl
    : `${consentUrl}?${new URLSearchParams({ ui_locales: uiLocales })}`;
}
