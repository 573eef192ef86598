import { describe, expect, it } from '@jest/globals';

import { auth0EnterpriseSubject } from '../../../lib/grants/enterprise/auth0-enterprise-subject.js';

const claims = { iss: 'https://acme.okta.example', client_id: 'agent' };

describe('auth0EnterpriseSubject()', () => {
  it('makes the user ids of an Auth0 connection', () => {
    const subject = auth0EnterpriseSubject('okta', 'acme-workforce');
    expect(subject({ ...claims, sub: '00u1' })).toBe('okta|acme-workforce|00u1');
    expect(auth0EnterpriseSubject('oidc', 'Acme')({ ...claims, sub: 'a' })).toBe('oidc|Acme|a');
  });

  it('attack: the users of two connections have no id in common, whatever the sub', () => {
    const acme = auth0EnterpriseSubject('okta', 'acme');
    const rival = auth0EnterpriseSubject('okta', 'rival');
    for (const sub of ['00u1', 'acme|00u1', '|', 'okta|acme|00u1']) {
      expect(rival({ ...claims, sub })).toMatch(/^okta\|rival\|/);
      expect(acme({ ...claims, sub })).toMatch(/^okta\|acme\|/);
    }
  });

  it('attack: an issuer of several tenants is refused, since their ids may be equal', () => {
    const subject = auth0EnterpriseSubject('okta', 'acme');
    expect(subject({ ...claims, sub: '00u1', tenant: 'other' })).toBeUndefined();
    expect(subject({ ...claims, sub: '00u1', tenant: null })).toBeUndefined();
  });

  it.each(['', 'acme|x', 'acme x', '-acme', 'acme|'])('refuses the connection %p', (connection) => {
    expect(() => auth0EnterpriseSubject('okta', connection)).toThrow(TypeError);
  });

  it('refuses other strategies', () => {
    // @ts-expect-error as from JavaScript
    expect(() => auth0EnterpriseSubject('waad', 'acme')).toThrow(/'okta' or 'oidc'/);
  });
});
