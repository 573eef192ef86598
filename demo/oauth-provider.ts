/**
 * The half of the login that the MCP SDK leaves to an application: where things are kept, and how a
 * browser is opened.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type {
  OAuthClientInformationMixed,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

import type { LoopbackCallback } from './loopback-callback.js';
import type { SavedLogin } from './saved-login.js';

/** What the provider needs. */
export interface ProviderDeps {
  readonly callback: LoopbackCallback;
  readonly saved: SavedLogin;
  /** Shows an address to a person, or to something that acts as one. */
  readonly openBrowser: (url: URL) => Promise<unknown>;
}

/** For one server and one run of the client. */
export class DemoOAuthProvider implements OAuthClientProvider {
  readonly #deps: ProviderDeps;
  #verifier = '';
  #state = '';
  #answer: Promise<URLSearchParams> | undefined;

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
  }

  get redirectUrl(): string {
    return this.#deps.callback.redirectUri;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'Demo client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      // A program on somebody's own machine cannot keep a secret: PKCE alone.
      token_endpoint_auth_method: 'none',
    };
  }

  state(): string {
    this.#state = randomBytes(16).toString('base64url');
    return this.#state;
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.#deps.saved.current.client;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.#deps.saved.change({ client });
  }

  tokens(): OAuthTokens | undefined {
    return this.#deps.saved.current.tokens;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.#deps.saved.change({ tokens });
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  invalidateCredentials(scope: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    if (scope === 'all') this.#deps.saved.forget();
    if (scope === 'client') this.#deps.saved.change({ client: undefined });
    if (scope === 'tokens') this.#deps.saved.change({ tokens: undefined });
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    // Before the browser opens: a session at Auth0 may bring it back at once.
    this.#answer = this.#deps.callback.next();
    await this.#deps.openBrowser(url);
  }

  /**
   * The code that the browser brought back.
   *
   * @throws an error with Auth0's or the server's reason, where the login failed
   */
  async authorizationCode(): Promise<string> {
    const answer = await this.#answer;
    // RFC 6749 §10.12: an answer to somebody else's question.
    if (answer?.get('state') !== this.#state) throw new Error('The answer has a foreign state.');
    const code = answer.get('code');
    if (code !== null) return code;
    throw new Error(
      `The login failed: ${answer.get('error')}: ${answer.get('error_description') ?? 'no reason given'}`,
    );
  }

  /**
   * With a refresh token at hand the SDK refreshes when it should ask for a further scope, and gets
   * the same scopes again. Without it, it asks.
   */
  forgetRefreshToken(): void {
    const { tokens } = this.#deps.saved.current;
    if (tokens === undefined) return;
    const { refresh_token: _forgotten, ...others } = tokens;
    this.#deps.saved.change({ tokens: others });
  }
}
