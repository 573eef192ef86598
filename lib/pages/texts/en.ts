/**
 * The pages in English, which is also what a text missing elsewhere falls back to.
 *
 * @module
 */
import type { PageTexts } from './page-texts.js';

export const en: PageTexts = {
  lang: 'en',
  dir: 'ltr',
  consent: {
    tooSoonTitle: 'Nothing has been allowed yet',
    tooSoon: '“Allow” was pressed sooner than this page can be read. Please read it, then decide.',
    tooSmall: 'Make this window larger to decide.',
    heading: '{app} wants to use {service}',
    unnamedApp: 'An app without a name',
    nameSelfDeclared: 'The app chose this name itself. Nobody has checked it.',
    namePublishedBy: 'The app describes itself at {host}. That address was checked.',
    namePreRegistered: 'The people who run {service} set this app up.',
    destination: 'Access goes to',
    loopbackTitle: 'A program on this device is asking',
    loopbackWarning:
      'Any program running here can receive access this way. Allow only if you have just started connecting an app on this device.',
    customSchemeTitle: 'An app on this device is asking',
    customSchemeWarning:
      'Addresses with {scheme} open an app, and more than one app can claim them. Allow only if you have just started connecting that app.',
    permissions: 'It will be able to',
    noPermissions: 'Use {service} in your name',
    next: 'After “Allow” you sign in. Allow only if you started this yourself.',
    allow: 'Allow',
    deny: 'Deny',
    details: 'Details',
    redirectUri: 'Full address that access goes to',
    resource: 'Address of the service',
    auth0Scopes: 'Asked of Auth0, which signs you in',
    clientFingerprint: 'Fingerprint of the app’s client ID',
  },
  scopes: {
    openid: 'Know who you are',
    profile: 'See your name and picture',
    email: 'See your e-mail address',
  },
  error: {
    unknown_client: {
      title: 'This app is not known here',
      message: 'The app used a connection that this service does not recognise.',
      remedy: 'In your app, remove this connection and add it again. Then sign in once more.',
    },
    unauthorized_client: {
      title: 'This app cannot connect here',
      message: 'The app proves who it is in a way that this service does not support.',
      remedy:
        'Tell the people who make the app, or those who run this service. Trying again will not help.',
    },
    invalid_redirect: {
      title: 'This app asked for an address it may not use',
      message:
        'The app wanted to receive access at an address that is not registered for it. To keep your account safe, nothing was sent there.',
      remedy:
        'In your app, remove this connection and add it again. If you did not start this yourself, close this page.',
    },
    invalid_request: {
      title: 'This request cannot be used',
      message: 'The app sent a sign-in request with something missing or wrong in it.',
      remedy: 'Start again from your app. If it happens again, tell the people who make the app.',
    },
    login_expired: {
      title: 'This sign-in has expired',
      message: 'Too much time has passed, or this page was already used. Nothing was shared.',
      remedy: 'Go back to where you started, such as your app, and begin again.',
    },
    already_answered: {
      title: 'This page was already answered',
      message: 'Your first answer counts. Nothing was done a second time.',
      remedy:
        'If the sign-in did not open and there is a button below, use it. Otherwise go back to where you started, such as your app, and begin again.',
    },
    other_browser: {
      title: 'This sign-in started somewhere else',
      message:
        'It belongs to another browser, or this browser did not keep the cookie it needs. Nothing was shared.',
      remedy:
        'Go back to where you started, such as your app, begin again, and stay in one browser until the end. Cookies have to be allowed for this site. If you did not start this yourself, close this page.',
    },
    no_login: {
      title: 'Go back to your app to sign in',
      message:
        'This address finishes a sign-in that an app has started. You came here without one, perhaps by a link in an e-mail, such as one that confirms your address.',
      remedy:
        'Go back to your app and sign in there. If it then says that your e-mail address is not confirmed, ask for a new e-mail: the link may have expired.',
    },
    denied: {
      title: 'Access was denied',
      message: 'The app did not get access.',
      remedy:
        'If you wanted to connect it, start again from your app. If it is denied again, your account may lack the permission: ask the people who run this service.',
    },
    not_allowed: {
      title: 'You did not allow access',
      message: 'The app got no access, and has not been told yet.',
      remedy:
        'You can close this page. The link below tells the app; it leads to the address that the app chose for itself.',
    },
    unavailable: {
      title: 'Signing in is not possible right now',
      message: 'A service needed for signing in does not answer. The fault is not on your side.',
      remedy: 'Wait a minute, then begin again where you started, such as in your app.',
    },
    misconfigured: {
      title: 'This service is not set up correctly',
      message: 'Signing in fails until the people who run this service change a setting.',
      remedy: 'Please tell them, and give them the reference below: it leads them to the cause.',
    },
    too_many_requests: {
      title: 'Too many attempts',
      message: 'There were too many requests from your network in a short time.',
      remedy: 'Wait a minute, then begin again where you started, such as in your app.',
    },
    server_error: {
      title: 'Something went wrong',
      message: 'An unexpected fault occurred here. The fault is not on your side.',
      remedy:
        'Begin again where you started, such as in your app. If it happens again, tell the people who run this service, and give them the reference below.',
    },
    page_expired: {
      title: 'This page is out of date',
      message:
        'It stood open for too long, or you have signed out or in again since. Nothing was changed.',
      remedy: 'Open the page again. Cookies have to be allowed for this site.',
    },
    sign_in_denied: {
      title: 'You are not signed in',
      message: 'Signing in was cancelled or denied. Nothing was changed.',
      remedy:
        'If you wanted to sign in, try again. If it is denied again, ask the people who run this service.',
    },
  },
  errorPage: {
    remedy: 'What you can do',
    tenantSays: 'The login service says',
    tryAgain: 'Try again',
    goOn: 'Go on to {host}',
    correlationId: 'Reference',
  },
  connectedApps: {
    title: 'Connected apps',
    signInFirst:
      'Sign in to see which apps can use {service} in your name, and to disconnect those you no longer want.',
    signIn: 'Sign in',
    introduction: 'These apps can use {service} in your name.',
    signedInAs: 'Signed in as {account}',
    empty: 'No app is connected.',
    connected: 'Connected {date}',
    lastUsed: 'Last used {date}',
    neverUsed: 'Not used yet',
    permissions: 'Permissions',
    disconnect: 'Disconnect {app}',
    disconnected: '{app} is disconnected.',
    signOut: 'Sign out',
  },
  signedOut: {
    title: 'You are signed out',
    message: 'Connected apps keep their access until you disconnect them.',
    again: 'Sign in again',
  },
  footer: {
    policy: 'Privacy policy',
    terms: 'Terms of use',
  },
};
