/** The page at `/`: whether the demo is ready, and how to connect a client. */
import type { RequestHandler } from 'express';

import { auth0Setting, type Demo } from './announcement.js';
import { clientSetUps } from './client-set-up.js';

const STYLE = `
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
  dt { font-weight: 600; } dd { margin: 0 0 .75rem; overflow-wrap: anywhere; }
  pre { padding: .75rem; border: 1px solid; border-radius: .375rem; overflow-x: auto; user-select: all; }
`;

/** Checks Auth0 and the storage at each request. */
export function landingPage(demo: Demo): RequestHandler {
  const { auth, baseUrl } = demo;
  const mcpUrl = `${baseUrl}/mcp`;
  return async function showLandingPage(_req, res) {
    const isReady = await auth.ready().then(
      () => true,
      (error: unknown) => {
        // To the terminal only: the message may name internal hosts.
        console.error(String(error));
        return false;
      },
    );
    const [ready, notReady] =
      demo.isResourceOnly === true
        ? ['Auth0 responds', 'Auth0 does not respond']
        : ['Auth0 and the storage respond', 'Auth0 or the storage does not respond'];
    const state = isReady ? `Ready: ${ready}.` : `Not ready: ${notReady}. See the terminal.`;
    res
      .status(isReady ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .type('html')
      .send(page([`<p role="status">${text(state)}</p>`, facts(mcpUrl, demo), setUps(mcpUrl)]));
  };
}

function facts(mcpUrl: string, { standIn, ...demo }: Demo): string {
  const { name, value } = auth0Setting(demo);
  const rows: [string, string][] = [
    ['MCP endpoint', mcpUrl],
    [`${name} at Auth0`, value],
  ];
  if (standIn !== undefined) {
    rows.push(['Auth0', `${standIn.issuer} (a stand-in on this machine)`]);
    rows.push(['Log in as', `${standIn.user.email}, password ${standIn.user.password}`]);
  }
  const items = rows.map(([term, fact]) => `<dt>${text(term)}</dt><dd>${text(fact)}</dd>`);
  const list = `<dl>${items.join('')}</dl>`;
  if (demo.isResourceOnly === true) return list;
  const apps = `<a href="${text(`${demo.baseUrl}/connected-apps`)}">Connected apps</a>`;
  return `${list}<p>${apps}: the clients that you allowed, each with a button to disconnect it.</p>`;
}

function setUps(mcpUrl: string): string {
  const sections = clientSetUps(mcpUrl).map(
    ({ client, where, text: content }) =>
      `<h3>${text(client)}</h3><p>${text(where)}</p><pre tabindex="0">${text(content)}</pre>`,
  );
  return `<h2>Connect a client</h2>${sections.join('')}`;
}

function page(parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>express-auth0-mcp demo</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>express-auth0-mcp demo</h1>
${parts.join('\n')}
</main>
</body>
</html>
`;
}

/** Escapes text for element content and quoted attributes. */
function text(value: string): string {
  return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
