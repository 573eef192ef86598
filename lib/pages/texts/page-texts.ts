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
  /** The client authenticates in no way that is supported here. */
  | 'unauthorized_client'
  /** `redirect_uri` is not one the client registered, or not one that is allowed here. */
  | 'invalid_redirect'
  /** The request is broken, and there is no proven place to send an error to. */
  | 'invalid_request'
  /** The login or the consent form is too old, or the login was finished before. */
  | 'login_expired'
  /** The form was submitted before, and counts once. */
  | 'already_answered'
  /** The login belongs to another browser, or this one lost its cookie. */
  | 'other_browser'
  /** The browser came to the callback without a login, such as by a link in an e-mail of Auth0's. */
  | 'no_login'
  /** The person or the tenant said no, and the client cannot be told. */
  | 'denied'
  /** The user pressed Deny, and the client waits at an address that no one vouches for. */
  | 'not_allowed'
  /** Auth0, or our own store, does not answer. */
  | 'unavailable'
  /** Only the operator can repair it. */
  | 'misconfigured'
  /** A rate limit was reached. */
  | 'too_many_requests'
  /** A fault of ours. */
  | 'server_error'
  /** A page of somebody signed in, or its form, is too old, or not of this session or browser. */
  | 'page_expired'
  /** Signing in to a page of ours was denied or cancelled at Auth0. */
  | 'sign_in_denied';

/** One error, for a person. */
export interface ErrorTexts {
  /** What happened. */
  readonly title: string;
  /** What it means. */
  readonly message: string;
  /** What to do now. */
  readonly remedy: string;
}

/**
 * Texts of one language. `{word}` is a place for a value, such as the name of who asks; the English
 * texts, in `lib/pages/texts/en.ts`, have them where they are needed.
 */
export interface PageTexts {
  /** BCP 47 tag: the `lang` of the page, and the language of its dates. */
  readonly lang: string;
  /** Which way the language is written. */
  readonly dir: 'ltr' | 'rtl';
  /** The question before every login. */
  readonly consent: {
    /** Where it was allowed sooner than it can be read. */
    readonly tooSoonTitle: string;
    readonly tooSoon: string;
    /** In place of the buttons, where the window shows no more than them. */
    readonly tooSmall: string;
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
  /** What OpenID's own scopes allow, where `scopeDescriptions` says nothing of them. */
  readonly scopes: {
    readonly openid: string;
    readonly profile: string;
    readonly email: string;
  };
  /** What each error page says. */
  readonly error: Readonly<Record<ErrorPageKind, ErrorTexts>>;
  /** What all error pages say. */
  readonly errorPage: {
    readonly remedy: string;
    /** Above the tenant's reason for a denial, in the tenant's words. */
    readonly tenantSays: string;
    readonly tryAgain: string;
    readonly goOn: string;
    readonly correlationId: string;
  };
  /** The apps a person has let in. */
  readonly connectedApps: {
    readonly title: string;
    /** To a stranger, above the button. */
    readonly signInFirst: string;
    readonly signIn: string;
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
  /** After signing out of that page. */
  readonly signedOut: {
    readonly title: string;
    readonly message: string;
    readonly again: string;
  };
  /** The links of `branding`. */
  readonly footer: {
    readonly policy: string;
    readonly terms: string;
  };
}
