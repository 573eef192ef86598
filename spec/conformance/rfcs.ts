/**
 * The RFCs that comments in this repository may cite, with their titles. A number that is not here is a typing
 * error until somebody looked it up.
 *
 * @module
 */

/** RFC number → its title. */
export const RFC_TITLES: Readonly<Record<string, string>> = {
  '3492':
    'Punycode: A Bootstring encoding of Unicode for Internationalized Domain Names in Applications (IDNA)',
  '3986': 'Uniform Resource Identifier (URI): Generic Syntax',
  '4193': 'Unique Local IPv6 Unicast Addresses',
  '4291': 'IP Version 6 Addressing Architecture',
  '4647': 'Matching of Language Tags',
  '4648': 'The Base16, Base32, and Base64 Data Encodings',
  '5214': 'Intra-Site Automatic Tunnel Addressing Protocol (ISATAP)',
  '5646': 'Tags for Identifying Languages',
  '5869': 'HMAC-based Extract-and-Expand Key Derivation Function (HKDF)',
  '6052': 'IPv6 Addressing of IPv4/IPv6 Translators',
  '6177': 'IPv6 Address Assignment to End Sites',
  '6265': 'HTTP State Management Mechanism',
  '6585': 'Additional HTTP Status Codes',
  '6598': 'IANA-Reserved IPv4 Prefix for Shared Address Space',
  '6749': 'The OAuth 2.0 Authorization Framework',
  '6750': 'The OAuth 2.0 Authorization Framework: Bearer Token Usage',
  '6761': 'Special-Use Domain Names',
  '6797': 'HTTP Strict Transport Security (HSTS)',
  '6819': 'OAuth 2.0 Threat Model and Security Considerations',
  '6890': 'Special-Purpose IP Address Registries',
  '7009': 'OAuth 2.0 Token Revocation',
  '7515': 'JSON Web Signature (JWS)',
  '7516': 'JSON Web Encryption (JWE)',
  '7517': 'JSON Web Key (JWK)',
  '7518': 'JSON Web Algorithms (JWA)',
  '7519': 'JSON Web Token (JWT)',
  '7521': 'Assertion Framework for OAuth 2.0 Client Authentication and Authorization Grants',
  '7523':
    'JSON Web Token (JWT) Profile for OAuth 2.0 Client Authentication and Authorization Grants',
  '7591': 'OAuth 2.0 Dynamic Client Registration Protocol',
  '7592': 'OAuth 2.0 Dynamic Client Registration Management Protocol',
  '7617': "The 'Basic' HTTP Authentication Scheme",
  '7636': 'Proof Key for Code Exchange by OAuth Public Clients',
  '7638': 'JSON Web Key (JWK) Thumbprint',
  '7662': 'OAuth 2.0 Token Introspection',
  '8252': 'OAuth 2.0 for Native Apps',
  '8259': 'The JavaScript Object Notation (JSON) Data Interchange Format',
  '8414': 'OAuth 2.0 Authorization Server Metadata',
  '8615': 'Well-Known Uniform Resource Identifiers (URIs)',
  '8693': 'OAuth 2.0 Token Exchange',
  '8705': 'OAuth 2.0 Mutual-TLS Client Authentication and Certificate-Bound Access Tokens',
  '8707': 'Resource Indicators for OAuth 2.0',
  '8725': 'JSON Web Token Best Current Practices',
  '9068': 'JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens',
  '9101': 'The OAuth 2.0 Authorization Framework: JWT-Secured Authorization Request (JAR)',
  '9110': 'HTTP Semantics',
  '9111': 'HTTP Caching',
  '9126': 'OAuth 2.0 Pushed Authorization Requests',
  '9207': 'OAuth 2.0 Authorization Server Issuer Identification',
  '9457': 'Problem Details for HTTP APIs',
  '9470': 'OAuth 2.0 Step Up Authentication Challenge Protocol',
  '9700': 'Best Current Practice for OAuth 2.0 Security',
  '9728': 'OAuth 2.0 Protected Resource Metadata',
};
