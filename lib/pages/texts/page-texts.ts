/** Keys of the texts. The texts are in `en.json`, `de.json`, `fr.json` and `es.json` beside this file. */

/** The error pages. */
export type ErrorPageKind =
  /** `client_id` is unknown. */
  | 'unknown_client'
  /** The client uses an authentication method that is not supported here. */
  | 'unauthorized_client'
  /** `redirect_uri` is not registered for the client, or not allowed here. */
  | 'invalid_redirect'
  /** The request is malformed, and there is no validated redirect URI to send the error to. */
  | 'invalid_request'
  /** The login or the consent form has expired, or the login was completed before. */
  | 'login_expired'
  /** The form was submitted before; the first submission counts. */
  | 'already_submitted'
  /** The login belongs to another browser, or this browser lost its cookie. */
  | 'other_browser'
  /** The callback was opened without a login, such as from a link in an e-mail of Auth0. */
  | 'no_login'
  /** The user or the tenant denied the login, and the client cannot be notified. */
  | 'denied'
  /** The user pressed Deny, and the redirect URI is one that the client chose itself. */
  | 'not_allowed'
  /** Auth0 or the store does not respond. */
  | 'unavailable'
  /** A rate limit was reached. */
  | 'too_many_requests'
  /** An internal error. */
  | 'server_error'
  /** A page of a signed-in user, or its form, has expired or belongs to another session or browser. */
  | 'page_expired'
  /** Signing in to the connected apps was denied or cancelled at Auth0. */
  | 'sign_in_denied'
  /** A link to connect an account has expired, was used, or its login has ended. */
  | 'connection_expired'
  /** Auth0 or the provider did not connect the account. */
  | 'connection_failed';

/** The texts of one error page. */
export interface ErrorTexts {
  /** What happened. */
  readonly title: string;
  /** What it means. */
  readonly message: string;
  /** What to do now. */
  readonly remedy: string;
}

/**
 * Texts of one language. `{word}` is a placeholder for a value, such as the name of the client. A translation has
 * the placeholders of the English text in `lib/pages/texts/en.json`, so that no page loses the name of the client
 * or the host that receives access.
 */
export interface PageTexts {
  /** BCP 47 tag: the `lang` of the page, and the language of its dates. */
  readonly lang: string;
  /** Writing direction. */
  readonly dir: 'ltr' | 'rtl';
  /** The consent page. */
  readonly consent: {
    /** Shown after Allow was pressed sooner than the page can be read. */
    readonly tooSoonTitle: string;
    readonly tooSoon: string;
    /** In place of the buttons, where the window is too small for the rest of the page. */
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
    /** Opens the list of scopes that the client did not request. */
    readonly offer: string;
    readonly offerExplained: string;
    readonly next: string;
    /** If a scope on the page has an entry in `scopeAuthentication`. */
    readonly reauthentication: string;
    readonly allow: string;
    readonly deny: string;
    readonly details: string;
    readonly redirectUri: string;
    readonly resource: string;
    readonly auth0Scopes: string;
    readonly clientFingerprint: string;
  };
  /** Descriptions of OpenID scopes that `scopeDescriptions` does not describe. */
  readonly scopes: {
    readonly openid: string;
    readonly profile: string;
    readonly email: string;
  };
  /** The page that opens an app after the login. */
  readonly appPage: {
    readonly title: string;
    readonly message: string;
    /** The button. */
    readonly open: string;
    /** Under `errorPage.remedy`: an authorization code is valid for a minute. */
    readonly remedy: string;
  };
  /** The text of each error page. */
  readonly error: Readonly<Record<ErrorPageKind, ErrorTexts>>;
  /** Labels of all error pages. */
  readonly errorPage: {
    readonly remedy: string;
    /** Above the tenant's reason for a denial, in the tenant's words. */
    readonly tenantSays: string;
    readonly tryAgain: string;
    readonly goOn: string;
    readonly correlationId: string;
  };
  /** The page of connected apps. */
  readonly connectedApps: {
    readonly title: string;
    /** Above the button, before the user has signed in. */
    readonly signInFirst: string;
    readonly signIn: string;
    readonly introduction: string;
    readonly signedInAs: string;
    readonly empty: string;
    readonly connected: string;
    /** For access by an identity assertion of the user's organization. */
    readonly managedBy: string;
    readonly lastUsed: string;
    readonly permissions: string;
    readonly disconnect: string;
    readonly disconnected: string;
    readonly signOut: string;
  };
  /** The pages on which a user connects an account at another provider. */
  readonly connectAccount: {
    /** Where Connect was pressed sooner than the page can be read. */
    readonly tooSoonTitle: string;
    readonly tooSoon: string;
    readonly heading: string;
    readonly explained: string;
    readonly permissions: string;
    readonly next: string;
    readonly connect: string;
    readonly cancel: string;
    /** Above the sign-in button, if no user is signed in. */
    readonly signInFirst: string;
    /** The same, if it is another user. */
    readonly otherUser: string;
    readonly doneTitle: string;
    readonly done: string;
    readonly cancelledTitle: string;
    readonly cancelled: string;
  };
  /** Connected accounts, on the page of connected apps. */
  readonly connectedAccounts: {
    readonly title: string;
    readonly introduction: string;
    readonly remove: string;
    readonly unavailable: string;
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
