/** The consent page as a response, and what its form carries until the user decides. */
import type { Request, Response } from 'express';

import type { Client } from '../clients/client.js';
import { clientFingerprint } from '../clients/client.js';
import type { Config } from '../config/config.js';
import type { ApprovedRequest } from '../grants/login-transactions.js';
import { redirectUriHost, redirectUriKind } from '../oauth/redirect-uri.js';
import { consentPage } from '../pages/consent-page.js';
import { type LookFor, sendPage } from './pages.js';
import type { SealedForms } from './sealed-form.js';

/**
 * Longer than a double click takes and shorter than the page takes to read: a page of another site can have
 * the first click and let the second fall on a button of ours that has just appeared beneath it.
 */
export const MIN_READING_MS: number = 1500;

/** What the user is asked. */
export interface ConsentQuestion {
  readonly request: ApprovedRequest;
  readonly clientKind: Client['kind'];
  /** Host of the client's metadata document. */
  readonly clientHost: string | undefined;
}

/** The question as its form carries it. */
export interface ConsentForm extends ConsentQuestion {
  /** When the page was made; unix time in milliseconds. */
  readonly madeAt: number;
}

/** Sends the consent page. */
export type AskForConsent = (
  req: Request,
  res: Response,
  question: ConsentQuestion,
  options?: { readonly wasTooSoon?: boolean },
) => void;

interface ConsentPromptDeps {
  readonly config: Pick<Config, 'resource' | 'scopes'>;
  /** What Auth0 is asked for besides the client's scopes. */
  readonly auth0Scopes: readonly string[];
  readonly forms: Pick<SealedForms<ConsentForm>, 'write'>;
  readonly lookFor: LookFor;
  readonly consentUrl: string;
  readonly nowMs: () => number;
}

export function createConsentPrompt(deps: ConsentPromptDeps): AskForConsent {
  const { resource, scopes } = deps.config;
  return function askForConsent(req, res, { request, clientKind, clientHost }, options = {}) {
    const { redirectUri, client } = request;
    const form: ConsentForm = { request, clientKind, clientHost, madeAt: deps.nowMs() };
    const page = consentPage(deps.lookFor(req), {
      form: {
        action: formUrl(deps.consentUrl, request),
        fields: { request: deps.forms.write(req, res, form) },
      },
      wasTooSoon: options.wasTooSoon ?? false,
      clientName: client.name,
      clientNameVerified: clientKind === 'preregistered',
      clientHost,
      clientFingerprint: clientFingerprint(client.id),
      redirectUri,
      redirectHost: redirectUriHost(redirectUri),
      redirectKind: redirectUriKind(redirectUri) ?? 'custom_scheme',
      scopes: request.scopes.map((name) => ({ name, description: scopes.descriptions.get(name) })),
      auth0Scopes: [...new Set([...deps.auth0Scopes, ...request.scopes])],
      resource,
    });
    sendPage(res, 200, page);
  };
}

/** What follows the form speaks the language that the client asked for, as the page itself does. */
function formUrl(consentUrl: string, { hints }: ApprovedRequest): string {
  const uiLocales = hints['ui_locales'];
  return uiLocales === undefined
    ? consentUrl
    : `${consentUrl}?${new URLSearchParams({ ui_locales: uiLocales })}`;
}
