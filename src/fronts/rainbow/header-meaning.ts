// What a header's name means to those who read requests: which names browsers, proxies and servers give a meaning, in
// every spelling. Used to decide which headers and query parameters of a client reach the business server. Pure.

/**
 * The name as CGI, WSGI, Rack and PHP know it: upper case, with an underscore for everything that is neither letter nor
 * digit. Two headers with the same CGI name are one variable to many business servers.
 */
export function cgiName(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

/** What there is to know of one header's name. */
export interface HeaderFacts {
  readonly cgi: string;
  readonly lowerCase: string;
  /** Letters, digits and dashes alone. */
  readonly isPlain: boolean;
  /** See {@link isKeptBack}. */
  readonly isKeptBack: boolean;
  readonly isSaidByProxies: boolean;
}

// The same dozen names come with every handshake. Other names than those of clients come from attackers alone: at the bound
// all is forgotten, which costs what it cost without.
const remembered = new Map<string, HeaderFacts>();
const rememberedMax = 1_024;
const rememberedLengthMax = 64;

/** The facts of a header's name, in any case. */
export function headerFacts(name: string): HeaderFacts {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const cgi = cgiName(name);
  const isPlain = /^[0-9A-Za-z-]*$/.test(name);
  const facts = {
    cgi,
    lowerCase: name.toLowerCase(),
    isPlain,
    isKeptBack: isKeptBack(cgi),
    isSaidByProxies: isSaidByProxies(cgi),
  };
  if (name.length > rememberedLengthMax) return facts;
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(name, facts);
  return facts;
}

/** Names and beginnings of names, in their CGI form. */
interface Names {
  readonly names: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** A word that ends with `*` stands for every name that begins so. */
function readNames(text: string): Names {
  const words = text.trim().split(/\s+/);
  return {
    names: new Set(words.filter((word) => !word.endsWith('*'))),
    prefixes: words.flatMap((word) => (word.endsWith('*') ? [word.slice(0, -1)] : [])),
  };
}

function has({names, prefixes}: Names, cgi: string): boolean {
  return names.has(cgi) || prefixes.some((prefix) => cgi.startsWith(prefix));
}

// What a proxy says about a request: who sent it, over what, for which host and URL, and who the proxy took the sender
// for. A business server that trusts its proxy trusts these.
const ofProxies = readNames(`
  FORWARDED FORWARDED_* VIA CLIENT_IP CLIENT_CERT CLIENT_CERT_CHAIN HTTPS SSL SSL_* FRONT_END_HTTPS
  X_FORWARDED X_FORWARDED_* X_FORWARD_* X_FORWARDER_FOR X_ORIGINAL_* X_ORIGINATING_* X_REWRITE_URL X_REWRITE_*
  X_REAL_* X_REMOTE_* REMOTE_* X_TRUE_CLIENT_* TRUE_CLIENT_* X_CLUSTER_CLIENT_IP X_CLIENT_IP X_CLIENT_ADDR X_CLIENT_PORT
  X_CLIENT_PROTO X_CLIENT_HOST X_CLIENT_CERT X_CLIENT_CERT_* X_CLIENT_VERIFY X_CLIENT_DN X_CLIENT_S_DN X_CLIENT_SSL_*
  X_PROXY_* X_PROXYUSER_* X_BLUECOAT_VIA X_SCHEME X_PROTO X_PROTOCOL X_URL_SCHEME X_HTTPS X_SSL X_SSL_* X_TLS_* X_HOST
  X_AUTH_REQUEST_* X_AUTH_USER X_AUTH_USERNAME X_AUTH_EMAIL X_AUTH_GROUPS X_AUTH_ROLES X_AUTH_SUBJECT X_AUTHENTICATED_*
  X_AUTHENTIK_* X_WEBAUTH_* X_VOUCH_* X_POMERIUM_* X_CONSUMER_* X_CREDENTIAL_* X_ANONYMOUS_CONSUMER X_KONG_* X_SPIFFE_*
  AUTH_TYPE AUTH_USER SHIB_* OIDC_* MELLON_* TAILSCALE_* TELEPORT_*
  X_ENVOY_* X_ISTIO_* X_LINKERD_* L5D_* X_ARR_* X_AMZN_* X_AMZ_CF_* X_AZURE_* X_FD_* X_MS_CLIENT_* X_MS_TOKEN_*
  X_GOOG_* X_APPENGINE_* X_GOOGLE_* CF_* CDN_* CLOUDFRONT_* FASTLY_* X_AKAMAI_* AKAMAI_* X_SUCURI_* X_NF_* X_VERCEL_*
  FLY_* X_VARNISH X_ACCEL_* X_LIGHTTPD_* X_MSISDN X_UP_* X_UIDH X_WAP_PROFILE
  X_NGINX_PROXY X_HAPROXY_* X_APPGW_* WL_PROXY_* ALI_CDN_* X_ENDPOINT_API_* X_APIGATEWAY_API_* X_JWT_ASSERTION X_USERINFO
  X_TOKEN_SUBJECT X_TOKEN_USER_* X_SANDSTORM_* X_REPLIT_* NGROK_* SM_USER SMUSER SM_UNIVERSALID IV_USER IV_GROUPS IV_CREDS
`);

// Unknown headers whose name shows that they forward a client's address or the original request.
const forwardingWords = /FORWARDED|CLIENT_IP|REAL_IP|CONNECTING_IP|CLIENT_ADDR|ORIGINAL_(?:HOST|IP|URI|URL)/;

// What a browser says of itself and of the page, what HTTP itself reads in a request (RFC 9110 to 9112, the IANA registry),
// and what frameworks take for proof that a request is not forged, for another method, or for a trace.
const ofRequests = readNames(`
  A_IM ACCEPT ACCEPT_* ACCESS_CONTROL_* ALPN ALT_USED AUTHORIZATION AUTHENTICATION_* AUTHENTICATION BAGGAGE B3 CACHE_CONTROL
  CAPSULE_PROTOCOL CLOSE CONNECTION CONTENT_* COOKIE COOKIE2 CORRELATION_ID CSRF_TOKEN XSRF_TOKEN DATE DAV DEPTH DESTINATION
  DEVICE_MEMORY DNT DOWNLINK DPOP DPR EARLY_DATA ECT EXPECT FROM HOST HTTP2_SETTINGS IDEMPOTENCY_KEY IF IF_* IMPERSONATE_*
  INCLUDE_REFERRED_TOKEN_BINDING_ID KEEP_ALIVE LAST_EVENT_ID LOCK_TOKEN MAX_FORWARDS MIME_VERSION ORIGIN OVERWRITE PING_FROM
  PING_TO PRAGMA PREFER PRIORITY PROXY PROXY_* PURPOSE RANGE REFERER REFERRER REQUEST_ID RTT SAVE_DATA SEC_* SENTRY_TRACE
  SERVICE_WORKER SERVICE_WORKER_* SOAPACTION SURROGATE_CAPABILITY TE TRACEPARENT TRACESTATE TRAILER TRAILERS
  TRANSFER_ENCODING UBER_TRACE_ID UPGRADE UPGRADE_INSECURE_REQUESTS USER_AGENT VIEWPORT_WIDTH WANT_* WARNING X_B3_*
  X_CLIENT_DATA X_CLOUD_TRACE_CONTEXT X_CORRELATION_ID X_CSRF_* X_CSRFTOKEN X_XSRF_* X_XSRFTOKEN X_HASURA_* X_HTTP_*
  X_METHOD_OVERRIDE X_MOZ X_PURPOSE X_QUEUE_START X_REQUEST_ID X_REQUEST_START X_REQUESTED_BY X_REQUESTED_WITH X_SENDFILE
  X_SENDFILE_* X_TRACE_ID
`);

/** Whether proxies say it, and business servers believe it of them. `cgi` as {@link cgiName} makes it. */
export function isSaidByProxies(cgi: string): boolean {
  return has(ofProxies, cgi) || forwardingWords.test(cgi);
}

/** Whether browsers, proxies or servers give it a meaning, so that no URL may set it. `cgi` as {@link cgiName} makes it. */
export function hasMeaning(cgi: string): boolean {
  return has(ofRequests, cgi) || isSaidByProxies(cgi);
}

// Hop-by-hop headers of RFC 9110 section 7.6.1, what belongs to the upgrade alone, what we set ourselves, and `Proxy`,
// which CGI programs take for the proxy of their own calls (httpoxy).
const keptBack: ReadonlySet<string> = new Set([
  'ACCEPT_ENCODING',
  'CONNECTION',
  'CONTENT_LENGTH',
  'EXPECT',
  'HOST',
  'HTTP2_SETTINGS',
  'KEEP_ALIVE',
  'ORIGIN',
  'PROXY',
  'PROXY_AUTHENTICATE',
  'PROXY_AUTHORIZATION',
  'PROXY_CONNECTION',
  'TE',
  'TRAILER',
  'TRANSFER_ENCODING',
  'UPGRADE',
]);

/** Whether no client's header of this name is passed on, no matter who sent it. `cgi` as {@link cgiName} makes it. */
export function isKeptBack(cgi: string): boolean {
  if (keptBack.has(cgi) || cgi.startsWith('SEC_WEBSOCKET_')) return true;
  // What only we may say, with whatever marks between its letters.
  return cgi.startsWith('RAINBOW') || (cgi.includes('_') && cgi.replaceAll('_', '').startsWith('RAINBOW'));
}
