// What a unicast publication is measured against: fastify, as it comes, reading a body and answering a constant.

import type {AddressInfo} from 'node:net';
import fastify from 'fastify';
import {serveDesk} from './desk.ts';
import {serverDesk} from './process-report.ts';

const app = fastify({logger: false});
app.addContentTypeParser('*', {parseAs: 'buffer'}, (_request, body, done) => done(null, body));
app.post('/constant/', (_request, reply) => {
  reply.header('content-type', 'application/json; charset=utf-8').send('{"status":0,"connections":1,"data":""}');
});
await app.listen({host: '127.0.0.1', port: 0});
const {port} = app.server.address() as AddressInfo;
serveDesk(
  serverDesk(() => ({})),
  {port},
);
