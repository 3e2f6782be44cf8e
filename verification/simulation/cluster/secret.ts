// What all nodes of a simulated cluster share.

import {deriveNodeKeys} from '../../../src/protocol/node-proof.ts';

export const token = 'a-token-of-the-simulated-cluster';
export const keys = deriveNodeKeys(token);
