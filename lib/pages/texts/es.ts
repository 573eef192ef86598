/**
 * The pages in Spanish.
 *
 * @module
 */
import type { PageTexts } from './page-texts.js';

export const es: PageTexts = {
  lang: 'es',
  dir: 'ltr',
  consent: {
    tooSoonTitle: 'Aún no se ha permitido nada',
    tooSoon:
      'Se pulsó «Permitir» antes de que esta página se pudiera leer. Léela y después decide.',
    tooSmall: 'Amplía esta ventana para decidir.',
    heading: '{app} quiere usar {service}',
    unnamedApp: 'Una aplicación sin nombre',
    nameSelfDeclared: 'La propia aplicación eligió este nombre. Nadie lo ha comprobado.',
    namePublishedBy: 'La aplicación se describe en {host}. Esa dirección se ha comprobado.',
    namePreRegistered: 'Los responsables de {service} dieron de alta esta aplicación.',
    destination: 'El acceso se entrega a',
    loopbackTitle: 'Lo pide un programa de este dispositivo',
    loopbackWarning:
      'Cualquier programa en marcha aquí puede recibir el acceso por esta vía. Permítelo solo si acabas de empezar a conectar una aplicación en este dispositivo.',
    customSchemeTitle: 'Lo pide una aplicación de este dispositivo',
    customSchemeWarning:
      'Las direcciones con {scheme} abren una aplicación, y más de una puede reclamarlas. Permítelo solo si acabas de empezar a conectar esa aplicación.',
    permissions: 'Podrá',
    noPermissions: 'Usar {service} en tu nombre',
    next: 'Después de «Permitir» inicias sesión. Permítelo solo si lo empezaste tú.',
    allow: 'Permitir',
    deny: 'Denegar',
    details: 'Detalles',
    redirectUri: 'Dirección completa a la que se entrega el acceso',
    resource: 'Dirección del servicio',
    auth0Scopes: 'Se pide a Auth0, donde inicias sesión',
    clientFingerprint: 'Huella del identificador de cliente de la aplicación',
  },
  scopes: {
    openid: 'Saber quién eres',
    profile: 'Ver tu nombre y tu foto',
    email: 'Ver tu dirección de correo',
  },
  error: {
    unknown_client: {
      title: 'Esta aplicación no se conoce aquí',
      message: 'La aplicación usó una conexión que este servicio no reconoce.',
      remedy:
        'En tu aplicación, quita esta conexión y añádela de nuevo. Después, inicia sesión otra vez.',
    },
    unauthorized_client: {
      title: 'Esta aplicación no puede conectarse aquí',
      message: 'La aplicación demuestra su identidad de una forma que este servicio no admite.',
      remedy:
        'Avise a quien desarrolla la aplicación o a quien gestiona este servicio. Volver a intentarlo no servirá.',
    },
    invalid_redirect: {
      title: 'Esta aplicación indicó una dirección no permitida',
      message:
        'La aplicación quería recibir el acceso en una dirección que no tiene registrada. Para proteger tu cuenta, no se envió nada allí.',
      remedy:
        'En tu aplicación, quita esta conexión y añádela de nuevo. Si no lo empezaste tú, cierra esta página.',
    },
    invalid_request: {
      title: 'Esta solicitud no sirve',
      message:
        'A la solicitud de inicio de sesión de la aplicación le falta algo, o algo está mal.',
      remedy:
        'Empieza de nuevo desde tu aplicación. Si vuelve a ocurrir, avisa a quienes la desarrollan.',
    },
    login_expired: {
      title: 'Este inicio de sesión ha caducado',
      message: 'Ha pasado demasiado tiempo, o esta página ya se usó. No se ha compartido nada.',
      remedy: 'Vuelve a donde empezaste, por ejemplo a tu aplicación, y empieza de nuevo.',
    },
    already_answered: {
      title: 'Esta página ya se respondió',
      message: 'Cuenta tu primera respuesta. No se ha hecho nada por segunda vez.',
      remedy:
        'Si el inicio de sesión no se abrió y hay un botón abajo, úsalo. Si no, vuelve a donde empezaste, por ejemplo a tu aplicación, y empieza de nuevo.',
    },
    other_browser: {
      title: 'Este inicio de sesión empezó en otro lugar',
      message:
        'Pertenece a otro navegador, o este no guardó la cookie necesaria. No se ha compartido nada.',
      remedy:
        'Vuelve a donde empezaste, por ejemplo a tu aplicación, empieza de nuevo y quédate en un solo navegador hasta el final. Las cookies tienen que estar permitidas para este sitio. Si no lo empezaste tú, cierra esta página.',
    },
    no_login: {
      title: 'Inicie sesión desde su aplicación',
      message:
        'Esta dirección termina un inicio de sesión que una aplicación ha comenzado. Ha llegado aquí sin ninguno, quizá por un enlace de un correo electrónico, por ejemplo para confirmar su dirección.',
      remedy:
        'Vuelva a su aplicación e inicie sesión allí. Si entonces se le dice que su dirección de correo no está confirmada, pida un nuevo correo: es posible que el enlace haya caducado.',
    },
    denied: {
      title: 'Se denegó el acceso',
      message: 'La aplicación no recibió acceso.',
      remedy:
        'Si querías conectarla, empieza de nuevo desde la aplicación. Si se deniega otra vez, quizá tu cuenta no tenga permiso: pregunta a los responsables de este servicio.',
    },
    not_allowed: {
      title: 'No has permitido el acceso',
      message: 'La aplicación no ha recibido acceso y aún no lo sabe.',
      remedy:
        'Puedes cerrar esta página. El enlace de abajo se lo comunica a la aplicación; lleva a la dirección que la propia aplicación ha elegido.',
    },
    unavailable: {
      title: 'Ahora mismo no se puede iniciar sesión',
      message:
        'No responde un servicio necesario para iniciar sesión. El problema no está de tu lado.',
      remedy: 'Espera un minuto y empieza de nuevo donde empezaste, por ejemplo en tu aplicación.',
    },
    misconfigured: {
      title: 'Este servicio no está bien configurado',
      message:
        'No se podrá iniciar sesión hasta que los responsables de este servicio cambien un ajuste.',
      remedy: 'Avísales y dales la referencia de abajo: les lleva a la causa.',
    },
    too_many_requests: {
      title: 'Demasiados intentos',
      message: 'Desde tu red llegaron demasiadas solicitudes en poco tiempo.',
      remedy: 'Espera un minuto y empieza de nuevo donde empezaste, por ejemplo en tu aplicación.',
    },
    server_error: {
      title: 'Algo ha fallado',
      message: 'Aquí se ha producido un fallo inesperado. El problema no está de tu lado.',
      remedy:
        'Empieza de nuevo donde empezaste, por ejemplo en tu aplicación. Si vuelve a ocurrir, avisa a los responsables de este servicio y dales la referencia de abajo.',
    },
    page_expired: {
      title: 'Esta página ya no es actual',
      message:
        'Estuvo abierta demasiado tiempo, o desde entonces cerraste o iniciaste sesión otra vez. No se ha cambiado nada.',
      remedy: 'Abre la página de nuevo. Las cookies tienen que estar permitidas para este sitio.',
    },
    sign_in_denied: {
      title: 'No has iniciado sesión',
      message: 'El inicio de sesión se canceló o se denegó. No se ha cambiado nada.',
      remedy:
        'Si querías iniciar sesión, inténtalo de nuevo. Si se deniega otra vez, pregunta a los responsables de este servicio.',
    },
  },
  errorPage: {
    remedy: 'Qué puedes hacer',
    tenantSays: 'El servicio de inicio de sesión dice',
    tryAgain: 'Intentar de nuevo',
    goOn: 'Continuar a {host}',
    correlationId: 'Referencia',
  },
  connectedApps: {
    title: 'Aplicaciones conectadas',
    signInFirst:
      'Inicia sesión para ver qué aplicaciones pueden usar {service} en tu nombre y desconectar las que ya no quieras.',
    signIn: 'Iniciar sesión',
    introduction: 'Estas aplicaciones pueden usar {service} en tu nombre.',
    signedInAs: 'Sesión iniciada como {account}',
    empty: 'No hay ninguna aplicación conectada.',
    connected: 'Conectada el {date}',
    lastUsed: 'Usada por última vez el {date}',
    neverUsed: 'Aún no se ha usado',
    permissions: 'Permisos',
    disconnect: 'Desconectar {app}',
    disconnected: '{app} está desconectada.',
    signOut: 'Cerrar sesión',
  },
  signedOut: {
    title: 'Has cerrado la sesión',
    message: 'Las aplicaciones conectadas conservan su acceso hasta que las desconectes.',
    again: 'Iniciar sesión de nuevo',
  },
  footer: {
    policy: 'Privacidad',
    terms: 'Condiciones de uso',
  },
};
