// What the platform knows of the network and of the page. A page gets events of both, a worker of the network only, Node of
// neither.

/** Events of the platform. Each is a hint, and may be wrong. */
export type NetworkStatusEvent = 'network.online' | 'network.offline' | 'page.shown';

export interface NetworkStatus {
  /** Whether the platform says that there is no network, now. */
  readonly isOffline: boolean;
  /** Calls `tell` at each change until the function it returns is called. */
  watch(tell: (event: NetworkStatusEvent) => void): () => void;
}

/** Those of the browser, where it is one. */
export const platformNetworkStatus: NetworkStatus = {
  get isOffline() {
    const {navigator} = globalThis as {readonly navigator?: {readonly onLine?: boolean}};
    return navigator?.onLine === false;
  },
  watch(tell) {
    if (typeof addEventListener !== 'function') return () => {};
    const page = typeof document === 'undefined' ? undefined : document;
    const goOnline = (): void => tell('network.online');
    const goOffline = (): void => tell('network.offline');
    const turn = (): void => {
      if (page?.visibilityState === 'visible') tell('page.shown');
    };
    addEventListener('online', goOnline);
    addEventListener('offline', goOffline);
    // A page that comes back from the cache of the browser's history was frozen, its socket closed.
    addEventListener('pageshow', turn);
    page?.addEventListener('visibilitychange', turn);
    return () => {
      removeEventListener('online', goOnline);
      removeEventListener('offline', goOffline);
      removeEventListener('pageshow', turn);
      page?.removeEventListener('visibilitychange', turn);
    };
  },
};

/** Whether this is a page or one of its workers, rather than a server. */
export function isBrowser(): boolean {
  const {navigator} = globalThis as {readonly navigator?: {readonly userAgent?: string}};
  return navigator?.userAgent?.startsWith('Mozilla/') ?? false;
}
