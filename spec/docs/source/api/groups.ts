/** The order of the public names in docs/api.md. */
import type { PublicName } from './public-names.js';

/** The properties of a name that determine its group. */
type Placed = Pick<PublicName, 'name' | 'kind' | 'file'>;

/** A part of the reference. */
export interface Group<T extends Placed> {
  readonly title: string;
  readonly names: readonly T[];
}

const TITLES: readonly (readonly [string, readonly string[]])[] = [
  [
    'The middleware',
    [
      ...['auth0Mcp', 'Auth0Mcp', 'GrantAdministration', 'GrantFilter', 'GrantSummary'],
      ...['auth0McpResource', 'Auth0McpResource', 'ProtectedResource'],
    ],
  ],
  ['The caller', ['getAccessToken', 'AccessToken', 'AuthInfo']],
  [
    'Options',
    [
      ...['Auth0McpOptions', 'Auth0McpResourceOptions'],
      ...['PreRegisteredClientOptions', 'AnonymousOptions', 'BrandingOptions'],
    ],
  ],
  [
    'Errors',
    [
      'Auth0McpConfigError',
      'Auth0SessionEndedError',
      'NoAuth0TokenError',
      'TokenPassthroughError',
      'StorageUnavailableError',
    ],
  ],
  [
    'Events and logging',
    ['Auth0McpEvent', 'EventContext', 'RevocationCause', 'EventListener', 'Logger', 'LogMethod'],
  ],
  [
    'Storage',
    [
      ...['embeddedStorage', 'EmbeddedStorageOptions', 'memoryStorage', 'MemoryStorageOptions'],
      ...['redisStorage', 'RedisStorageOptions', 'RedisStoragePlace', 'RedisClient'],
    ],
  ],
  ['A custom storage', ['Storage', 'SessionSealer', 'storageContract', 'ContractRunner']],
  [
    'Texts of the pages',
    ['TextOverrides', 'SomeTexts', 'PageTexts', 'ErrorPageKind', 'ErrorTexts'],
  ],
  ["The SDK's own bearer check", ['TokenVerifier', 'SdkErrors']],
  [
    'The test kit',
    [
      ...['startTenant', 'TestTenant', 'TestTenantOptions', 'TestTenantChange', 'TestUser'],
      ...['TestAccount', 'TenantServerOptions', 'LoginOptions', 'ConnectOptions', 'McpClient'],
      ...['McpToolResult', 'UnconnectedClient', 'Auth0TokenOptions', 'FaultOptions', 'FaultName'],
      ...['TestMachine', 'MachineOptions', 'MachineConnectOptions'],
      ...['Fault', 'TenantRequest', 'TestTenantSettings', 'Api', 'Application'],
      ...['TenantAuthMethod', 'Denial', 'logIn', 'Credentials'],
    ],
  ],
];

/** For a name that is not listed and shares its file with none that is. */
const REST = 'Other';

/**
 * Every name once. A name that is not listed follows those of the same file, functions before types.
 */
export function groupsOf<T extends Placed>(names: readonly T[]): Group<T>[] {
  const groups = [...TITLES.map(([title]) => title), REST].map((title) => ({
    title,
    names: names.filter((one) => titleOf(one, names) === title).sort(byPlaceIn(title)),
  }));
  return groups.filter((group) => group.names.length > 0);
}

function titleOf(one: Placed, names: readonly Placed[]): string {
  const beside = names.filter(({ file }) => file === one.file).map(({ name }) => name);
  const group =
    TITLES.find(([, listed]) => listed.includes(one.name)) ??
    TITLES.find(([, listed]) => listed.some((name) => beside.includes(name)));
  return group?.[0] ?? REST;
}

function byPlaceIn(title: string): (one: Placed, other: Placed) => number {
  const listed = TITLES.find(([candidate]) => candidate === title)?.[1] ?? [];
  const place = ({ name, kind }: Placed): number => {
    const index = listed.indexOf(name);
    if (index >= 0) return index;
    return listed.length + (kind === 'function' ? 0 : 1);
  };
  return (one, other) => place(one) - place(other) || one.name.localeCompare(other.name, 'en');
}
