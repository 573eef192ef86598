/** The part of the login that the MCP SDK leaves to the application: storage, and opening a browser. */
import { randomBytes } from 'node:crypto';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

import type { LoopbackCallback } from './loopback-callback.js';
import type { SavedLogin } from './saved-login.js';

/** For one server and one run of the client. */
export class DemoOAuthProvider implements OAuthClientProvider {
  readonly #callback: LoopbackCallback;
  readonly #saved: SavedLogin;
  readonly #openBrowser: (url: URL) => Promise<unknown>;
  #verifier = '';
  #state = '';
  #response: Promise<URLSearchParams> | undefined;

  constructor(
    callback: LoopbackCallback,
    saved: SavedLogin,
    openBrowser: (url: URL) => Promise<unknown>,
  ) {
    this.#callback = callback;
    this.#saved = saved;
    this.#openBrowser = openBrowser;
  }

  get redirectUrl(): string {
    return this.#callback.redirectUri;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'Demo client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      // RFC 8252 §8.5: a program on the user's machine cannot keep a secret.
      token_endpoint_auth_method: 'none',
    };
  }

  state(): string {
    this.#state = randomBytes(16).toString('base64url');
    return this.#state;
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#saved.current.client;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#saved.change({ client });
  }

  tokens(): OAuthTokens | undefined {
    return this.#saved.current.tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#saved.change({ tokens });
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all') this.#saved.forget();
    if (scope === 'client') this.#saved.change({ client: undefined });
    if (scope === 'tokens') this.#saved.change({ tokens: undefined });
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    // Before the browser opens: with a session at Auth0 the callback follows at once.
    this.#response = this.#callback.next();
    await this.#openBrowser(url);
  }

  /**
   * The code of the authorization response.
   *
   * @throws an error with the reason from Auth0 or the server, if the login failed
   */
  async authorizationCode(): Promise<string> {
    const response = await this.#response;
    // RFC 6749 §10.12: a response to another request.
    if (response?.get('state') !== this.#state) throw new Error('The state does not match.');
    const code = response.get('code');
    if (code !== null) return code;
    throw new Error(
      `The login failed: ${response.get('error')}: ${response.get('error_description') ?? 'no reason given'}`,
    );
  }
}
