/**
 * The pages in French.
 *
 * @module
 */
import type { PageTexts } from './page-texts.js';

export const fr: PageTexts = {
  lang: 'fr',
  dir: 'ltr',
  consent: {
    tooSoonTitle: 'Rien n’est encore autorisé',
    tooSoon:
      'Le bouton « Autoriser » a été activé avant que cette page ait pu être lue. Lisez-la, puis décidez.',
    tooSmall: 'Agrandissez cette fenêtre pour décider.',
    heading: '{app} souhaite utiliser {service}',
    unnamedApp: 'Une application sans nom',
    nameSelfDeclared: 'L’application a choisi ce nom elle-même. Personne ne l’a vérifié.',
    namePublishedBy: 'L’application se décrit sur {host}. Cette adresse a été vérifiée.',
    namePreRegistered: 'Les responsables de {service} ont installé cette application.',
    destination: 'L’accès est remis à',
    loopbackTitle: 'Un programme sur cet appareil fait la demande',
    loopbackWarning:
      'Tout programme en cours ici peut recevoir l’accès par cette voie. N’autorisez que si vous venez de connecter une application sur cet appareil.',
    customSchemeTitle: 'Une application sur cet appareil fait la demande',
    customSchemeWarning:
      'Les adresses en {scheme} ouvrent une application, et plusieurs peuvent les revendiquer. N’autorisez que si vous venez de connecter cette application.',
    permissions: 'Elle pourra',
    noPermissions: 'Utiliser {service} en votre nom',
    next: 'Après « Autoriser », vous vous connecterez. N’autorisez que si la demande vient de vous.',
    allow: 'Autoriser',
    deny: 'Refuser',
    details: 'Détails',
    redirectUri: 'Adresse complète à laquelle l’accès est remis',
    resource: 'Adresse du service',
    auth0Scopes: 'Demandé à Auth0, qui vous connecte',
    clientFingerprint: 'Empreinte de l’identifiant client de l’application',
  },
  scopes: {
    openid: 'Savoir qui vous êtes',
    profile: 'Voir votre nom et votre photo',
    email: 'Voir votre adresse e-mail',
  },
  error: {
    unknown_client: {
      title: 'Cette application n’est pas connue ici',
      message: 'L’application a utilisé une connexion que ce service ne reconnaît pas.',
      remedy:
        'Dans votre application, supprimez cette connexion puis ajoutez-la de nouveau. Connectez-vous ensuite encore une fois.',
    },
    unauthorized_client: {
      title: 'Cette application ne peut pas se connecter ici',
      message:
        'L’application prouve son identité d’une manière que ce service ne prend pas en charge.',
      remedy:
        'Signalez-le à l’éditeur de l’application ou à l’exploitant de ce service. Réessayer n’y changera rien.',
    },
    invalid_redirect: {
      title: 'Cette application a indiqué une adresse non autorisée',
      message:
        'L’application voulait recevoir l’accès à une adresse qui n’est pas enregistrée pour elle. Pour protéger votre compte, rien n’y a été envoyé.',
      remedy:
        'Dans votre application, supprimez cette connexion puis ajoutez-la de nouveau. Si la demande ne vient pas de vous, fermez cette page.',
    },
    invalid_request: {
      title: 'Cette demande est inutilisable',
      message: 'Il manque quelque chose à la demande de connexion de l’application, ou c’est faux.',
      remedy:
        'Recommencez depuis votre application. Si cela se reproduit, prévenez ceux qui la développent.',
    },
    login_expired: {
      title: 'Cette connexion a expiré',
      message: 'Trop de temps s’est écoulé, ou cette page a déjà servi. Rien n’a été transmis.',
      remedy: 'Retournez là où vous avez commencé, votre application par exemple, et recommencez.',
    },
    already_answered: {
      title: 'Vous avez déjà répondu à cette page',
      message: 'Votre première réponse compte. Rien n’a été fait une seconde fois.',
      remedy:
        'Si la connexion ne s’est pas ouverte et qu’un bouton figure ci-dessous, utilisez-le. Sinon, retournez là où vous avez commencé, par exemple dans votre application, et recommencez.',
    },
    other_browser: {
      title: 'Cette connexion a commencé ailleurs',
      message:
        'Elle appartient à un autre navigateur, ou celui-ci n’a pas gardé le cookie nécessaire. Rien n’a été transmis.',
      remedy:
        'Retournez là où vous avez commencé, votre application par exemple, recommencez et restez dans un seul navigateur jusqu’au bout. Les cookies doivent être permis pour ce site. Si la demande ne vient pas de vous, fermez cette page.',
    },
    no_login: {
      title: 'Connectez-vous depuis votre application',
      message:
        'Cette adresse termine une connexion commencée par une application. Vous êtes arrivé ici sans connexion en cours, peut-être par un lien reçu par e-mail, par exemple pour confirmer votre adresse.',
      remedy:
        'Retournez dans votre application et connectez-vous. Si elle indique alors que votre adresse e-mail n’est pas confirmée, demandez un nouvel e-mail : le lien a peut-être expiré.',
    },
    denied: {
      title: 'L’accès a été refusé',
      message: 'L’application n’a pas reçu d’accès.',
      remedy:
        'Si vous vouliez la connecter, recommencez depuis l’application. En cas de nouveau refus, votre compte n’a peut-être pas l’autorisation : demandez aux responsables de ce service.',
    },
    not_allowed: {
      title: 'Vous n’avez pas autorisé l’accès',
      message: 'L’application n’a pas obtenu l’accès et n’en a pas encore été informée.',
      remedy:
        'Vous pouvez fermer cette page. Le lien ci-dessous en informe l’application ; il mène à l’adresse que l’application a choisie elle-même.',
    },
    unavailable: {
      title: 'La connexion est impossible pour le moment',
      message:
        'Un service nécessaire à la connexion ne répond pas. Le problème ne vient pas de vous.',
      remedy:
        'Attendez une minute, puis recommencez là où vous avez commencé, dans votre application par exemple.',
    },
    misconfigured: {
      title: 'Ce service n’est pas configuré correctement',
      message:
        'La connexion échouera tant que les responsables de ce service n’auront pas changé un réglage.',
      remedy: 'Prévenez-les et donnez-leur la référence ci-dessous : elle mène à la cause.',
    },
    too_many_requests: {
      title: 'Trop de tentatives',
      message: 'Trop de demandes sont venues de votre réseau en peu de temps.',
      remedy:
        'Attendez une minute, puis recommencez là où vous avez commencé, dans votre application par exemple.',
    },
    server_error: {
      title: 'Un problème est survenu',
      message: 'Une erreur inattendue s’est produite ici. Le problème ne vient pas de vous.',
      remedy:
        'Recommencez là où vous avez commencé, dans votre application par exemple. Si cela se reproduit, prévenez les responsables de ce service et donnez-leur la référence ci-dessous.',
    },
    page_expired: {
      title: 'Cette page n’est plus à jour',
      message:
        'Elle est restée ouverte trop longtemps, ou vous vous êtes déconnecté ou reconnecté depuis. Rien n’a été modifié.',
      remedy: 'Ouvrez la page de nouveau. Les cookies doivent être permis pour ce site.',
    },
    sign_in_denied: {
      title: 'Vous n’êtes pas connecté',
      message: 'La connexion a été annulée ou refusée. Rien n’a été modifié.',
      remedy:
        'Si vous vouliez vous connecter, réessayez. En cas de nouveau refus, demandez aux responsables de ce service.',
    },
  },
  errorPage: {
    remedy: 'Ce que vous pouvez faire',
    tenantSays: 'Le service de connexion indique',
    tryAgain: 'Réessayer',
    goOn: 'Continuer vers {host}',
    correlationId: 'Référence',
  },
  connectedApps: {
    title: 'Applications connectées',
    signInFirst:
      'Connectez-vous pour voir quelles applications peuvent utiliser {service} en votre nom, et pour déconnecter celles dont vous ne voulez plus.',
    signIn: 'Se connecter',
    introduction: 'Ces applications peuvent utiliser {service} en votre nom.',
    signedInAs: 'Compte : {account}',
    empty: 'Aucune application n’est connectée.',
    connected: 'Connectée le {date}',
    lastUsed: 'Dernière utilisation le {date}',
    neverUsed: 'Pas encore utilisée',
    permissions: 'Autorisations',
    disconnect: 'Déconnecter {app}',
    disconnected: '{app} est déconnectée.',
    signOut: 'Se déconnecter',
  },
  signedOut: {
    title: 'Vous êtes déconnecté',
    message: 'Les applications connectées gardent leur accès tant que vous ne le retirez pas.',
    again: 'Se reconnecter',
  },
  footer: {
    policy: 'Confidentialité',
    terms: 'Conditions d’utilisation',
  },
};
