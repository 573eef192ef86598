/** The MCP SDK's own client, with a browser that needs no screen. */
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {
  OAuthClientInformationFull,
  OAuthClientMetadata,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';

import { completeLogin, createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';

/** Keeps what a real client keeps on disk, and visits the login in a browser of its own. */
export class HeadlessProvider implements OAuthClientProvider {
  readonly redirectUrl = 'http://localhost:45455/callback';
  readonly browser = createBrowser();
  readonly user: { email: string; password: string };
  /** Every authorization URL the SDK sent the person to. */
  readonly visits: URL[] = [];
  information: OAuthClientInformationFull | undefined;
  saved: OAuthTokens | undefined;
  #verifier = '';
  #answer: URLSearchParams | undefined;

  constructor(user: { email: string; password: string } = ADA) {
    this.user = user;
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: 'SDK client',
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  clientInformation(): OAuthClientInformationFull | undefined {
    return this.information;
  }
  saveClientInformation(information: OAuthClientInformationFull): void {
    this.information = information;
  }
  tokens(): OAuthTokens | undefined {
    return this.saved;
  }
  saveTokens(tokens: OAuthTokens): void {
    this.saved = tokens;
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }
  codeVerifier(): string {
    return this.#verifier;
  }

  async redirectToAuthorization(url: URL): Promise<void> {
    this.visits.push(url);
    const stopBefore = this.redirectUrl;
    const first = await this.browser.follow(url, { stopBefore });
    const page = await completeLogin(this.browser, first, this.user, { stopBefore });
    this.#answer = page.next === undefined ? undefined : new URL(page.next).searchParams;
  }

  /** What came back to the redirect URI. */
  get answer(): URLSearchParams {
    if (this.#answer === undefined) throw new Error('the login did not come back');
    return this.#answer;
  }
}

/** A connected client; logs in on the way if it has to. */
export async function connect(
  mcp: string,
  provider: HeadlessProvider,
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const attempt = async () => {
    const transport = new StreamableHTTPClientTransport(new URL(mcp), { authProvider: provider });
    const client = new Client({ name: 'spec', version: '1.0.0' });
    try {
      await client.connect(transport as Parameters<typeof client.connect>[0]);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await transport.finishAuth(provider.answer.get('code') ?? '');
      return undefined;
    }
    return { client, transport };
  };
  const connected = (await attempt()) ?? (await attempt());
  if (connected === undefined) throw new Error('not authorized after a login');
  return connected;
}

/** The JSON in a tool's first text. */
export async function callJson(client: Client, name: string): Promise<Record<string, unknown>> {
  const result = await client.callTool({ name, arguments: {} });
  const [first] = result.content as { text: string }[];
  if (result.isError) throw new Error(first?.text);
  return JSON.parse(first?.text ?? 'null');
}
