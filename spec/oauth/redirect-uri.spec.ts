import { describe, expect, it } from '@jest/globals';

import {
  isClientsOwnChoice,
  isLoopbackHost,
  isRegisteredRedirectUri,
  MAX_REDIRECT_URI_LENGTH,
  type RedirectUriKind,
  redirectUriHost,
  redirectUriKind,
} from '../../lib/oauth/redirect-uri.js';

const LONGEST = `https://a.example/${'x'.repeat(MAX_REDIRECT_URI_LENGTH - 18)}`;

describe('valid redirect URIs', () => {
  it.each<[RedirectUriKind, string]>([
    // What the clients of the compatibility list register (CLI-12, CLI-13).
    ['https', 'https://claude.ai/api/mcp/auth_callback'],
    ['https', 'https://chatgpt.com/connector/oauth/Ab3_x9Zk'],
    ['https', 'https://www.cursor.com/agents/mcp/oauth/callback'],
    ['https', 'https://vscode.dev/redirect'],
    ['https', 'https://global.consent.azure-apim.net/redirect/cr5fa-5fnotes'],
    ['loopback', 'http://localhost/callback'],
    ['loopback', 'http://localhost:6274/oauth/callback/debug'],
    ['loopback', 'http://127.0.0.1/'],
    ['loopback', 'http://127.0.0.1:33418'],
    ['loopback', 'http://[::1]:51234/cb'],
    ['custom_scheme', 'cursor://anysphere.cursor-mcp/oauth/callback'],
    ['custom_scheme', 'com.example.app:/oauth2redirect'],
    // All of 127/8, names under localhost, the root's dot and any case mean this machine.
    ['loopback', 'http://127.200.3.4:1/cb'],
    ['loopback', 'http://LOCALHOST:3000/cb'],
    ['loopback', 'http://localhost.:3000/cb'],
    ['loopback', 'http://app.localhost:3000/cb'],
    ['loopback', 'https://localhost:8443/cb'],
    ['loopback', 'https://[::1]/cb'],
    // Anything a URI may hold.
    ['https', 'https://a.example/cb?tenant=1&x=%2F'],
    ['https', 'https://a.example:8443/cb'],
    ['https', 'https://a.example'],
    ['https', "https://a.example/~u/(x)!$&'+,;=:@"],
    ['https', 'https://xn--bcher-kva.example/cb'],
    ['https', 'https://192.0.2.7/cb'],
    ['https', LONGEST],
  ])('CLI-12 are %s: %s', (kind, uri) => {
    expect(redirectUriKind(uri)).toBe(kind);
  });
});

describe('invalid redirect URIs', () => {
  it.each([
    ['AS-14 plain http to another machine', 'http://evil.example/cb'],
    ['AS-14 a name that starts like loopback', 'http://localhost.evil.example/cb'],
    ['AS-14 a name that ends like loopback', 'http://notlocalhost/cb'],
    ['AS-14 an address that starts like loopback', 'http://127.0.0.1.evil.example/cb'],
    ['AS-14 the address of all interfaces', 'http://0.0.0.0/cb'],
    ['AS-14 the unspecified IPv6 address', 'http://[::]/cb'],
    ['AS-14 a private address', 'http://192.168.1.5/cb'],
    ['R-RG-4 javascript', 'javascript:alert(1)'],
    ['R-RG-4 javascript that looks hierarchical', 'javascript://claude.ai/%0aalert(1)'],
    ['R-RG-4 JavaScript in any case', 'JaVaScRiPt:alert(1)'],
    ['R-RG-4 data', 'data:text/html,hello'],
    ['R-RG-4 vbscript', 'vbscript:x'],
    ['R-RG-4 file', 'file:///etc/passwd'],
    ['R-RG-4 blob', 'blob:https://a.example/1'],
    ['R-RG-4 about', 'about:blank'],
    ['R-RG-4 view-source', 'view-source:https://a.example/'],
    ['R-RG-4 filesystem', 'filesystem:https://a.example/temporary/x'],
    ['R-RG-4 websocket', 'wss://a.example/cb'],
    ['R-RG-4 ftp', 'ftp://a.example/cb'],
    ['R-RG-4 an Android intent', 'intent://a.example/#Intent;end'],
    ['R-RG-4 mail', 'mailto:a@b.example'],
    ['R-RG-4 a search of the system', 'search-ms:query=x&crumb=location:evil.example'],
    ['R-RG-4 the same without the letters ms', 'search:query=x&crumb=location:evil.example'],
    ['R-RG-4 another browser', 'microsoft-edge:https://evil.example'],
    ['R-RG-4 another browser, on a phone', 'googlechromes://evil.example'],
    ['R-RG-4 an installer', 'ms-appinstaller:?source=https://evil.example/a.msix'],
    ['R-RG-4 an Office document', 'ms-word:ofe%7Cu%7Chttps://evil.example/a.docm'],
    ['R-RG-4 an app store', 'itms-services://?action=download-manifest'],
    ['R-RG-4 an extension of the browser', 'chrome-extension://abcdef/page.html'],
    ['R-RG-4 a network share', 'smb://evil.example/share'],
    ['R-RG-4 a terminal', 'ssh://evil.example'],
    ['R-RG-4 user info', 'https://claude.ai@evil.example/cb'],
    ['R-RG-4 a password', 'https://a:b@evil.example/cb'],
    ['R-RG-4 empty user info', 'https://@evil.example/cb'],
    ['R-RG-4 empty user and password', 'https://:@evil.example/cb'],
    ['R-RG-4 user info with a port before it', 'http://localhost:3000@evil.example/cb'],
    ['R-RG-4 user info of an app scheme', 'cursor://x@anysphere.cursor-mcp/cb'],
    ['R-RG-4 empty user info of an app scheme', 'cursor://@anysphere.cursor-mcp/cb'],
    ['R-RG-4 a fragment', 'https://a.example/cb#x'],
    ['R-RG-4 an empty fragment', 'https://a.example/cb#'],
    ['PX-16 a wildcard in the host', 'https://*.example.com/cb'],
    ['PX-16 a wildcard in the path', 'https://a.example/*'],
    ['PX-16 a wildcard port', 'http://localhost:*/cb'],
    ['R-8252-4 a dot segment', 'https://a.example/a/../cb'],
    ['R-8252-4 a single dot', 'https://a.example/./cb'],
    ['R-8252-4 a dot segment at the end', 'https://a.example/cb/..'],
    ['R-8252-4 an encoded dot segment', 'https://a.example/%2e%2E/cb'],
    ['R-8252-4 a half encoded dot segment', 'https://a.example/.%2e/cb'],
    ['R-8252-4 a dot segment of an app scheme', 'com.example.app:/a/../cb'],
    ['R-8252-4 a host that is not written as it is meant', 'http://127.1/cb'],
    ['R-8252-4 a host in octal', 'http://0177.0.0.1/cb'],
    ['R-8252-4 a host in hexadecimal', 'https://0x7f000001/cb'],
    ['R-8252-4 a host as one number', 'http://2130706433/cb'],
    ['R-8252-4 an encoded host', 'https://evil%2eexample/cb'],
    ['R-8252-4 a host with an encoded slash', 'https://evil.example%2f.claude.ai/cb'],
    ['R-8252-4 IPv6 loopback written in full', 'http://[0:0:0:0:0:0:0:1]/cb'],
    ['R-8252-4 IPv4 loopback in IPv6', 'http://[::ffff:127.0.0.1]/cb'],
    ['R-8252-4 a port without digits', 'https://a.example:/cb'],
    ['R-8252-1 a port above 65535', 'http://127.0.0.1:65536/cb'],
    ['a backslash before the host', 'https:\\\\evil.example/cb'],
    ['a backslash in the host', 'https://claude.ai\\@evil.example/cb'],
    ['a tab', 'https://a.example/\tcb'],
    ['a line break', 'https://a.example/cb\r\nSet-Cookie: a=b'],
    ['a space', 'https://a.example/c b'],
    ['a space before', ' https://a.example/cb'],
    ['a NUL', 'https://a.example/\0'],
    ['a quote', 'https://a.example/"onload="x'],
    ['an angle bracket', 'https://a.example/<script>'],
    ['letters outside ASCII', 'https://bücher.example/cb'],
    ['an unbalanced IPv6 address', 'http://[::1/cb'],
    ['no scheme', '//a.example/cb'],
    ['a path alone', '/cb'],
    ['nothing', ''],
    ['a scheme alone', 'https:'],
    ['https without a host', 'https:///cb'],
    ['https with one slash', 'https:/a.example/cb'],
    ['https without slashes', 'https:a.example/cb'],
    ['http without slashes', 'http:localhost/cb'],
    ['https with a query for a host', 'https://?x'],
    ['a scheme that starts with a digit', '1app://cb'],
    ['more characters than are kept', `${LONGEST}x`],
  ])('rejects %s', (_what, uri) => {
    expect(redirectUriKind(uri)).toBeUndefined();
    // PX-14: not even if it got into a registration somehow.
    expect(isRegisteredRedirectUri(uri, [uri])).toBe(false);
  });
});

describe('schemes of browsers and systems', () => {
  it.each(
    (
      'facetime-audio telprompt itms itmss shortcuts applescript jnlp steam rdp vnc rlogin help x-man-page feed ' +
      'microsoft.windows.camera microsoft.windows.camera.picker windows.tbauth explorer.erasedisc explorer.assocactionid.burnselection ' +
      'ie.http ie.https vnd.libreoffice.command vnd.sun.star.script vnd.youtube android.resource com.epicgames.launcher ' +
      'x-apple.systempreferences com.apple.mobilenotes ms-settings ms-msdt firefox facetime-video geo market magnet'
    ).split(' '),
  )('FA-13: %s is never a redirect URI', (scheme) => {
    for (const uri of [`${scheme}://x/cb`, `${scheme}:cb`, `${scheme.toUpperCase()}://x/cb`]) {
      expect(redirectUriKind(uri)).toBeUndefined();
    }
  });
});

describe('a redirect URI that a client may register without the operator', () => {
  it.each([
    'https://claude.ai/api/mcp/auth_callback',
    'http://localhost:3118/callback',
    'com.example.app:/oauth2redirect',
    'com.example.app://cb',
    'COM.EXAMPLE.APP:/cb',
    'com.googleusercontent.apps.1-a:/cb',
    ...'cursor vscode vscode-insiders windsurf zed claude kiro trae trae-cn qoder void'
      .split(' ')
      .flatMap((s) => [`${s}://publisher.name/oauth/callback`, `${s}://oauth/callback`]),
    'cursor://anysphere.cursor-mcp/oauth/callback',
    'cursor://anysphere.cursor-retrieval/oauth/user-x/callback',
    'cursor://anysphere.cursor-retrieval/oauth/user-my%20server@2/callback?x=1',
    'Cursor://Anysphere.Cursor-MCP/oauth/callback',
    'vscode://publisher.extension/did-authenticate',
    'vscode://vscode.github-authentication/auth-complete',
    'windsurf://codeium.windsurf/redirect/',
    'kiro://kiro.kiroAgent/authenticate-success',
    'claude://claude.ai/mcp/oauth-callback',
  ])('FA-13: CLI-12 R-8252-2 is %s', (uri) => {
    expect(isClientsOwnChoice(uri)).toBe(true);
  });

  it.each([
    'zoommtg://zoom.example/join',
    'slack://channel',
    'spotify:track:1',
    'tg://resolve?domain=x',
    'whatsapp://send?text=x',
    'skype:echo123',
    'apt:package',
    'music://x',
    'contacts://x',
    'newapp://callback',
    'cursorx://a.b/callback',
    // They install, run, open or connect to something.
    'cursor://anysphere.cursor-deeplink/mcp/install?name=x&config=e30',
    'cursor://anysphere.cursor-deeplink/mcp/install/callback',
    'cursor://anysphere.cursor-deeplink/callback',
    'cursor://anysphere.cursor-deeplink/prompt?text=callback',
    'vscode:extension/publisher.name',
    'vscode:extension/publisher.name/callback',
    'vscode:mcp/install?%7B%7D',
    'vscode:mcp/by-name/callback',
    'vscode:/publisher.name/callback',
    'vscode:///callback',
    'vscode://callback',
    'vscode://publisher.name',
    'vscode://publisher.name/',
    'vscode://publisher.name:1/callback',
    'vscode://publisher%2ename/callback',
    'vscode://file/c:/callback',
    'vscode://extension/callback',
    'vscode://vscode-remote/ssh-remote+evil.example/callback',
    'vscode://ms-vscode-remote.remote-containers/cloneInVolume/callback',
    'vscode://vscode.git/clone?url=https://evil.example/callback',
    'vscode-insiders:mcp/install?callback',
    'windsurf://windsurf-mcp-registry?serverName=x',
    'zed://extension/x',
    'zed://ssh/evil.example/callback',
    'kiro://kiro.mcp/add?name=x&config=callback',
    'trae://trae.ai-ide/mcp-import?type=stdio&config=x',
    'trae-cn://trae.ai-ide/mcp-import/callback',
    'qoder://aicoding.aicoding-deeplink/mcp/add?name=x',
    'goose://extension?cmd=npx&callback',
    'goose://oauth/callback',
    'warp://action/new_tab?path=/callback',
    'raycast://extensions/x/y/callback',
    'jetbrains://idea/checkout/git/callback',
    'lmstudio://add_mcp/callback',
    'javascript:alert(1)',
    'http://evil.example/cb',
  ])('FA-13: RFC 8252 §8.4 is not %s', (uri) => {
    expect(isClientsOwnChoice(uri)).toBe(false);
  });
});

describe('a requested redirect URI', () => {
  it.each([
    ['AS-13 the same text', 'https://a.example/cb?x=1', 'https://a.example/cb?x=1'],
    [
      'R-8252-1 a portless loopback on any port',
      'http://127.0.0.1/cb',
      'http://127.0.0.1:51234/cb',
    ],
    ['R-8252-1 another port', 'http://127.0.0.1:33418/', 'http://127.0.0.1:60005/'],
    ['R-8252-1 no port any more', 'http://localhost:3334/cb', 'http://localhost/cb'],
    ['R-8252-1 localhost', 'http://localhost/callback', 'http://localhost:49152/callback'],
    ['R-8252-1 IPv6', 'http://[::1]/cb', 'http://[::1]:1/cb'],
    ['R-8252-1 the last port there is', 'http://[::1]/cb', 'http://[::1]:65535/cb'],
    ['R-8252-1 a name under localhost', 'http://app.localhost/cb', 'http://app.localhost:3000/cb'],
    ['R-8252-1 the same query', 'http://localhost:1/cb?a=b', 'http://localhost:2/cb?a=b'],
    ['R-8252-5 an empty path for /', 'http://127.0.0.1:33418/', 'http://127.0.0.1:33418'],
    ['R-8252-5 / for an empty path', 'http://127.0.0.1:33418', 'http://127.0.0.1:60005/'],
    ['R-8252-2 an app scheme', 'cursor://a.b/cb', 'cursor://a.b/cb'],
    ['R-8252-4 odd case, if it was registered so', 'HTTP://LOCALHOST/cb', 'HTTP://LOCALHOST/cb'],
  ])('matches: %s', (_what, registered, requested) => {
    expect(isRegisteredRedirectUri(requested, ['https://other.example/', registered])).toBe(true);
  });

  it.each([
    ['AS-13 a slash more', 'https://a.example/cb', 'https://a.example/cb/'],
    ['AS-13 a slash less', 'https://a.example/', 'https://a.example'],
    ['AS-13 a query more', 'https://a.example/cb', 'https://a.example/cb?x'],
    ['AS-13 an empty query', 'https://a.example/cb', 'https://a.example/cb?'],
    ['AS-13 an encoded slash', 'https://a.example/cb', 'https://a.example/cb%2f'],
    ['AS-13 a path in another case', 'https://a.example/cb', 'https://a.example/CB'],
    ['AS-13 another host', 'https://a.example/cb', 'https://b.example/cb'],
    ['AS-13 a sub-domain', 'https://a.example/cb', 'https://x.a.example/cb'],
    ['AS-13 a longer host', 'https://a.example/cb', 'https://a.example.evil.test/cb'],
    ['AS-13 user info before the host', 'https://a.example/cb', 'https://a.example@evil.test/cb'],
    ['AS-13 the default port, written', 'https://a.example/cb', 'https://a.example:443/cb'],
    ['AS-13 another port of a web server', 'https://a.example/cb', 'https://a.example:8443/cb'],
    ['AS-13 http for https', 'https://a.example/cb', 'http://a.example/cb'],
    ['R-8252-4 a host in another case', 'https://a.example/cb', 'https://A.example/cb'],
    ['R-8252-4 a scheme in another case', 'http://localhost/cb', 'HTTP://localhost/cb'],
    ['R-8252-4 loopback in another case', 'http://localhost/cb', 'http://LOCALHOST/cb'],
    ['R-8252-4 an encoded letter', 'http://localhost/cb', 'http://localhost/%63b'],
    ['R-8252-4 a way round', 'http://localhost/cb', 'http://localhost/a/../cb'],
    ['R-8252-1 localhost for 127.0.0.1', 'http://127.0.0.1/cb', 'http://localhost/cb'],
    ['R-8252-1 127.0.0.1 for localhost', 'http://localhost/cb', 'http://127.0.0.1:3000/cb'],
    ['R-8252-1 IPv6 for IPv4', 'http://127.0.0.1/cb', 'http://[::1]/cb'],
    ['R-8252-1 another loopback address', 'http://127.0.0.1/cb', 'http://127.0.0.2/cb'],
    ['R-8252-1 another path', 'http://localhost:1/cb', 'http://localhost:2/cb2'],
    ['R-8252-1 another query', 'http://localhost:1/cb?a', 'http://localhost:2/cb?b'],
    ['R-8252-1 a query more', 'http://localhost:1/', 'http://localhost:2?x'],
    ['R-8252-1 any port with user info', 'http://localhost/cb', 'http://localhost:1@evil.test/cb'],
    ['R-8252-1 any port of https', 'https://localhost/cb', 'https://localhost:8443/cb'],
    ['R-8252-1 a port above 65535', 'http://localhost/cb', 'http://localhost:99999/cb'],
    ['R-8252-2 another path of the app', 'cursor://a.b/cb', 'cursor://a.b/cb/'],
    ['R-8252-2 the scheme in another case', 'cursor://a.b/cb', 'Cursor://a.b/cb'],
    ['PX-16 what a wildcard would cover', 'https://*.example.com/', 'https://x.example.com/'],
  ])('does not match: %s', (_what, registered, requested) => {
    expect(isRegisteredRedirectUri(requested, [registered])).toBe(false);
  });

  it('CLI-12 matches each of the four that VS Code registers, on any port', () => {
    const registered = [
      'https://insiders.vscode.dev/redirect',
      'https://vscode.dev/redirect',
      'http://127.0.0.1/',
      'http://127.0.0.1:33418/',
    ];
    for (const requested of [...registered, 'http://127.0.0.1:33418', 'http://127.0.0.1:55001/']) {
      expect(isRegisteredRedirectUri(requested, registered)).toBe(true);
    }
  });

  it('matches no empty registration', () => {
    expect(isRegisteredRedirectUri('https://a.example/cb', [])).toBe(false);
  });
});

describe('the destination shown to the user (AS-31)', () => {
  it.each([
    ['https://claude.ai/api/mcp/auth_callback', 'claude.ai'],
    ['https://a.example:8443/cb', 'a.example:8443'],
    ['http://localhost:3118/callback', 'localhost:3118'],
    ['http://[::1]:3118/callback', '[::1]:3118'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor://anysphere.cursor-mcp'],
    ['com.example.app:/oauth2redirect', 'com.example.app:'],
  ])('of %s is %s', (uri, shown) => {
    expect(redirectUriHost(uri)).toBe(shown);
  });
});

describe('a loopback host', () => {
  it.each(['localhost', 'LocalHost.', 'a.b.localhost', '127.0.0.1', '127.255.255.254', '[::1]'])(
    'is %s',
    (host) => {
      expect(isLoopbackHost(host)).toBe(true);
    },
  );

  it.each([
    '',
    '.',
    'localhost.evil.test',
    'notlocalhost',
    '128.0.0.1',
    '127.0.0',
    '127.0.0.1.x',
    '::1',
  ])('is not %p', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});
