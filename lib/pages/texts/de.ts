/**
 * The pages in German.
 *
 * @module
 */
import type { PageTexts } from './page-texts.js';

export const de: PageTexts = {
  lang: 'de',
  dir: 'ltr',
  consent: {
    tooSoonTitle: 'Noch ist nichts erlaubt',
    tooSoon:
      '„Erlauben“ wurde gedrückt, bevor diese Seite gelesen sein konnte. Bitte lesen Sie sie und entscheiden Sie dann.',
    tooSmall: 'Vergrößern Sie dieses Fenster, um zu entscheiden.',
    heading: '{app} möchte {service} nutzen',
    unnamedApp: 'Eine App ohne Namen',
    nameSelfDeclared: 'Diesen Namen hat die App selbst gewählt. Niemand hat ihn geprüft.',
    namePublishedBy: 'Die App beschreibt sich unter {host}. Diese Adresse wurde geprüft.',
    namePreRegistered: 'Die Betreiber von {service} haben diese App eingerichtet.',
    destination: 'Der Zugang geht an',
    loopbackTitle: 'Ein Programm auf diesem Gerät fragt an',
    loopbackWarning:
      'Jedes Programm, das hier läuft, kann den Zugang auf diesem Weg erhalten. Erlauben Sie ihn nur, wenn Sie gerade selbst eine App auf diesem Gerät verbinden.',
    customSchemeTitle: 'Eine App auf diesem Gerät fragt an',
    customSchemeWarning:
      'Adressen mit {scheme} öffnen eine App, und mehrere Apps können sie für sich beanspruchen. Erlauben Sie den Zugang nur, wenn Sie gerade selbst diese App verbinden.',
    permissions: 'Die App darf dann',
    noPermissions: '{service} in Ihrem Namen nutzen',
    next: 'Nach „Erlauben“ melden Sie sich an. Erlauben Sie nur, was Sie selbst begonnen haben.',
    allow: 'Erlauben',
    deny: 'Ablehnen',
    details: 'Einzelheiten',
    redirectUri: 'Vollständige Adresse, an die der Zugang geht',
    resource: 'Adresse des Dienstes',
    auth0Scopes: 'Angefragt bei Auth0, wo Sie sich anmelden',
    clientFingerprint: 'Fingerabdruck der Client-ID der App',
  },
  scopes: {
    openid: 'Wissen, wer Sie sind',
    profile: 'Ihren Namen und Ihr Bild sehen',
    email: 'Ihre E-Mail-Adresse sehen',
  },
  error: {
    unknown_client: {
      title: 'Diese App ist hier nicht bekannt',
      message: 'Die App hat eine Verbindung benutzt, die dieser Dienst nicht kennt.',
      remedy:
        'Entfernen Sie die Verbindung in Ihrer App und legen Sie sie neu an. Melden Sie sich dann noch einmal an.',
    },
    unauthorized_client: {
      title: 'Diese App kann sich hier nicht verbinden',
      message: 'Die App weist sich auf eine Art aus, die dieser Dienst nicht unterstützt.',
      remedy:
        'Wenden Sie sich an den Hersteller der App oder an den Betreiber dieses Dienstes. Ein neuer Versuch hilft nicht.',
    },
    invalid_redirect: {
      title: 'Diese App hat eine unzulässige Adresse angegeben',
      message:
        'Die App wollte den Zugang an einer Adresse erhalten, die nicht für sie eingetragen ist. Zum Schutz Ihres Kontos wurde nichts dorthin gesendet.',
      remedy:
        'Entfernen Sie die Verbindung in Ihrer App und legen Sie sie neu an. Haben Sie das nicht selbst begonnen, schließen Sie diese Seite.',
    },
    invalid_request: {
      title: 'Diese Anfrage ist nicht brauchbar',
      message: 'In der Anmeldeanfrage der App fehlt etwas, oder es ist falsch.',
      remedy:
        'Beginnen Sie noch einmal in Ihrer App. Geschieht es wieder, sagen Sie es den Herstellern der App.',
    },
    login_expired: {
      title: 'Diese Anmeldung ist abgelaufen',
      message:
        'Es ist zu viel Zeit vergangen, oder diese Seite wurde schon benutzt. Es wurde nichts weitergegeben.',
      remedy:
        'Gehen Sie dorthin zurück, wo Sie begonnen haben, etwa in Ihre App, und beginnen Sie noch einmal.',
    },
    already_answered: {
      title: 'Diese Seite wurde schon beantwortet',
      message: 'Die erste Antwort zählt. Ein zweites Mal ist nichts geschehen.',
      remedy:
        'Wenn sich die Anmeldung nicht geöffnet hat und unten eine Schaltfläche ist, benutzen Sie diese. Gehen Sie sonst dorthin zurück, wo Sie begonnen haben, etwa in Ihre App, und beginnen Sie noch einmal.',
    },
    other_browser: {
      title: 'Diese Anmeldung hat woanders begonnen',
      message:
        'Sie gehört zu einem anderen Browser, oder dieser Browser hat das nötige Cookie nicht behalten. Es wurde nichts weitergegeben.',
      remedy:
        'Gehen Sie dorthin zurück, wo Sie begonnen haben, etwa in Ihre App, beginnen Sie noch einmal und bleiben Sie bis zum Ende in einem Browser. Cookies müssen für diese Seite erlaubt sein. Haben Sie das nicht selbst begonnen, schließen Sie diese Seite.',
    },
    no_login: {
      title: 'Melden Sie sich in Ihrer App an',
      message:
        'Diese Adresse schließt eine Anmeldung ab, die eine App begonnen hat. Sie sind ohne eine solche Anmeldung hierhergekommen, vielleicht über einen Link in einer E-Mail, etwa zur Bestätigung Ihrer Adresse.',
      remedy:
        'Gehen Sie in Ihre App zurück und melden Sie sich dort an. Heißt es dann, Ihre E-Mail-Adresse sei nicht bestätigt, fordern Sie eine neue E-Mail an: Der Link ist vielleicht abgelaufen.',
    },
    denied: {
      title: 'Der Zugang wurde abgelehnt',
      message: 'Die App hat keinen Zugang erhalten.',
      remedy:
        'Wollten Sie sie verbinden, beginnen Sie noch einmal in Ihrer App. Wird der Zugang wieder abgelehnt, fehlt Ihrem Konto vielleicht die Berechtigung: Fragen Sie die Betreiber dieses Dienstes.',
    },
    not_allowed: {
      title: 'Sie haben den Zugriff nicht erlaubt',
      message: 'Die App hat keinen Zugriff erhalten und weiß davon noch nichts.',
      remedy:
        'Sie können diese Seite schließen. Der Link unten benachrichtigt die App; er führt zu der Adresse, die die App selbst gewählt hat.',
    },
    unavailable: {
      title: 'Die Anmeldung ist gerade nicht möglich',
      message: 'Ein Dienst, der zur Anmeldung nötig ist, antwortet nicht. Es liegt nicht an Ihnen.',
      remedy:
        'Warten Sie eine Minute und beginnen Sie dann noch einmal, wo Sie begonnen haben, etwa in Ihrer App.',
    },
    misconfigured: {
      title: 'Dieser Dienst ist nicht richtig eingerichtet',
      message:
        'Die Anmeldung gelingt erst, wenn die Betreiber dieses Dienstes eine Einstellung ändern.',
      remedy:
        'Bitte geben Sie ihnen Bescheid und nennen Sie die Referenz unten: Sie führt zur Ursache.',
    },
    too_many_requests: {
      title: 'Zu viele Versuche',
      message: 'Aus Ihrem Netz kamen in kurzer Zeit zu viele Anfragen.',
      remedy:
        'Warten Sie eine Minute und beginnen Sie dann noch einmal, wo Sie begonnen haben, etwa in Ihrer App.',
    },
    server_error: {
      title: 'Etwas ist schiefgegangen',
      message: 'Hier ist ein unerwarteter Fehler aufgetreten. Es liegt nicht an Ihnen.',
      remedy:
        'Beginnen Sie noch einmal, wo Sie begonnen haben, etwa in Ihrer App. Geschieht es wieder, geben Sie den Betreibern dieses Dienstes Bescheid und nennen Sie die Referenz unten.',
    },
    page_expired: {
      title: 'Diese Seite ist nicht mehr aktuell',
      message:
        'Sie stand zu lange offen, oder Sie haben sich inzwischen ab- oder neu angemeldet. Es wurde nichts geändert.',
      remedy: 'Öffnen Sie die Seite noch einmal. Cookies müssen für diese Seite erlaubt sein.',
    },
    sign_in_denied: {
      title: 'Sie sind nicht angemeldet',
      message: 'Die Anmeldung wurde abgebrochen oder abgelehnt. Es wurde nichts geändert.',
      remedy:
        'Wollten Sie sich anmelden, versuchen Sie es noch einmal. Wird es wieder abgelehnt, fragen Sie die Betreiber dieses Dienstes.',
    },
  },
  errorPage: {
    remedy: 'Was Sie tun können',
    tenantSays: 'Der Anmeldedienst sagt',
    tryAgain: 'Noch einmal versuchen',
    goOn: 'Weiter zu {host}',
    correlationId: 'Referenz',
  },
  connectedApps: {
    title: 'Verbundene Apps',
    signInFirst:
      'Melden Sie sich an, um zu sehen, welche Apps {service} in Ihrem Namen nutzen können, und um zu trennen, was Sie nicht mehr wollen.',
    signIn: 'Anmelden',
    introduction: 'Diese Apps können {service} in Ihrem Namen nutzen.',
    signedInAs: 'Angemeldet als {account}',
    empty: 'Es ist keine App verbunden.',
    connected: 'Verbunden am {date}',
    lastUsed: 'Zuletzt benutzt am {date}',
    neverUsed: 'Noch nicht benutzt',
    permissions: 'Berechtigungen',
    disconnect: '{app} trennen',
    disconnected: '{app} ist getrennt.',
    signOut: 'Abmelden',
  },
  signedOut: {
    title: 'Sie sind abgemeldet',
    message: 'Verbundene Apps behalten ihren Zugang, bis Sie sie trennen.',
    again: 'Wieder anmelden',
  },
  footer: {
    policy: 'Datenschutz',
    terms: 'Nutzungsbedingungen',
  },
};
