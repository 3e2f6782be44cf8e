// `POST /send/?dry=1`: who would get the message, how each stands, and what would become of it. Nothing is sent.

import type {PreviewRow} from '../router/query.ts';
import type {PublishRequest, Router} from '../router/router.ts';
import type {Coverage, CoverageOf} from './trace-coverage.ts';

/** What the call answers. */
export interface PublishPreview {
  /** Clients that it would go to. */
  readonly recipients: number;
  /** How many of them by what would become of it. */
  readonly fates: Readonly<Partial<Record<PreviewRow['fate'], number>>>;
  /** The first of them. */
  readonly clients: readonly PreviewRow[];
}

const clientsShownMax = 1_000;

export async function previewPublication(
  router: Pick<Router, 'ask'>,
  coverageOf: CoverageOf,
  request: PublishRequest,
): Promise<PublishPreview & Partial<Coverage>> {
  const {channel, identity, audience, qos, payload} = request;
  const publication = {channel, identity, audience, qos, bytes: payload.length};
  const found = await router.ask({kind: 'preview', publication});
  const previews = found.answers.flatMap(({answer}) => (answer.kind === 'preview' ? [answer] : []));
  const rows = previews.flatMap((preview) => preview.rows);
  const fates: Partial<Record<PreviewRow['fate'], number>> = {};
  for (const preview of previews) {
    for (const [fate, count] of Object.entries(preview.fates) as [PreviewRow['fate'], number][]) {
      fates[fate] = (fates[fate] ?? 0) + count;
    }
  }
  const recipients = previews.reduce((sum, preview) => sum + preview.recipients, 0);
  return {recipients, fates, clients: rows.slice(0, clientsShownMax), ...coverageOf(found)};
}
