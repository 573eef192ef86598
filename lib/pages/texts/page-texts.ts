/**
 * Every sentence of the pages, as one shape that each language fills.
 *
 * `{word}` is a place for a value; a text keeps exactly the places its English counterpart has,
 * so that no translation can lose the name of who asks or the host where access goes.
 *
 * @module
 */

/** Why a page says that something did not work. */
export type ErrorPageKind =
  /** `client_id` is not one of ours. */
  | 'unknown_client'
  /** `redirect_uri` is not one the client registered, or not one that is allowed here. */
  | 'invalid_redirect'
  /** The request is broken, and there is no proven place to send an error to. */
  | 'invalid_request'
  /** The login or the consent form is too old, or was used before. */
  | 'login_expired'
  /** The login belongs to another browser, or this one lost its cookie. */
  | 'other_browser'
  /** The person or the tenant said no, and the client cannot be told. */
  | 'denied'
  /** Auth0, or our own store, does not answer. */
  | 'unavailable'
  /** Only the operator can repair it. */
  | 'misconfigured'
  | 'too_many_requests'
  | 'server_error';

/** One error, for a person: what happened, what it means, what to do now. */
export interface ErrorTexts {
  readonly title: string;
  readonly message: string;
  readonly remedy: string;
}

/** Texts of one language. */
export interface PageTexts {
  /** BCP 47 tag: the `lang` of the page, and the language of its dates. */
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly consent: {
    readonly heading: string;
    readonly unnamedApp: string;
    readonly nameSelfDeclared: string;
    readonly namePublishedBy: string;
    readonly namePreRegistered: string;
    readonly destination: string;
    readonly loopbackTitle: string;
    readonly loopbackWarning: string;
    readonly customSchemeTitle: string;
    readonly customSchemeWarning: string;
    readonly permissions: string;
    readonly noPermissions: string;
    readonly next: string;
    readonly allow: string;
    readonly deny: string;
    readonly details: string;
    readonly redirectUri: string;
    readonly resource: string;
    readonly auth0Scopes: string;
    readonly clientFingerprint: string;
  };
  readonly error: Readonly<Record<ErrorPageKind, ErrorTexts>>;
  readonly errorPage: {
    readonly remedy: string;
    readonly tryAgain: string;
    readonly goOn: string;
    readonly correlationId: string;
  };
  readonly connectedApps: {
    readonly title: string;
    readonly introduction: string;
    readonly signedInAs: string;
    readonly empty: string;
    readonly connected: string;
    readonly lastUsed: string;
    readonly neverUsed: string;
    readonly permissions: string;
    readonly disconnect: string;
    readonly disconnected: string;
    readonly signOut: string;
  };
  readonly signedOut: {
    readonly title: string;
    readonly message: string;
    readonly again: string;
  };
  readonly footer: {
    readonly policy: string;
    readonly terms: string;
  };
}
