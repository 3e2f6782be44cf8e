// What the edge reports of handshakes to the operator; gateway/log/handshake-log.ts writes it to the log.

/** Fields of a log line, cut to a bearable length by the caller. */
export type NoticeFields = Readonly<Record<string, string>>;

/** The handshake events that the edge reports. */
export interface HandshakeNotices {
  /** Refused: its origin is not in `allowed_origins`. */
  originRefused(fields: NoticeFields): void;
  /** Admitted: the page of another host connects with its visitor's cookies, and `allowed_origins` is not set. */
  originUnchecked(fields: NoticeFields): void;
  /** Whether {@link proxyUnchecked} would write a line: finding its header takes a look at all headers. */
  readonly isProxyDue: boolean;
  /** Passed on: a header that only a proxy may set, and `trusted_proxies` is not set. */
  proxyUnchecked(fields: NoticeFields): void;
}
