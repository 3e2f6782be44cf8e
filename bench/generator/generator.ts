// The load generator: a process that holds all client connections of the benchmark and makes all its publications. Controlled
// by the benchmark (desk.ts); cheap enough on raw sockets not to be what is measured, and its share is shown.

import {serveDesk} from '../desk.ts';
import {Group} from './group.ts';
import {MqttClient, MqttPublisher} from './mqtt.ts';
import {NatsClient, NatsPublisher} from './nats.ts';
import type {ConnectOrder, ConnectResult, GeneratorDesk, PublishOrder} from './orders.ts';
import {HttpPublisher, type Publisher} from './publisher.ts';
import {publishRound} from './publishing.ts';
import {RainbowClient} from './rainbow-client.ts';
import {sendRound} from './sending.ts';

const groups = new Map<string, Group>();
/** Connections to the HTTP API for a rate: enough for what is due while answers are awaited. */
const connectionsForRate = 128;

function findGroup(name: string): Group {
  const group = groups.get(name);
  if (group === undefined) throw new Error(`Expected a group that was connected, got ${name}`);
  return group;
}

function connectGroup(order: ConnectOrder): Promise<ConnectResult> {
  const group = new Group();
  groups.set(order.group, group);
  const startedAt = performance.now();
  return new Promise((resolve) => {
    let started = 0;
    let settled = 0;
    let opened = 0;
    const next = (): void => {
      if (started === order.count) return;
      let isSettled = false;
      const client = makeClient(group, order, started++, (isOpen) => {
        if (isSettled) return;
        isSettled = true;
        settled++;
        if (isOpen) opened++;
        if (settled === order.count) resolve({opened, elapsedMs: performance.now() - startedAt});
        else next();
      });
      group.clients.push(client);
    };
    for (let count = 0; count < Math.min(order.concurrency, order.count); count++) next();
  });
}

function makeClient(group: Group, order: ConnectOrder, index: number, onOpen: (isOpen: boolean) => void) {
  switch (order.dialect) {
    case 'rainbow':
      return new RainbowClient(group, order, index, onOpen);
    case 'mqtt':
      return new MqttClient(group, order, onOpen);
    case 'nats':
      return new NatsClient(group, order, onOpen);
  }
}

function makePublisher(order: PublishOrder): Publisher {
  switch (order.dialect) {
    case 'rainbow':
      if (order.flow === 'pipelined') return new HttpPublisher(order, 1, order.outstanding);
      return new HttpPublisher(order, order.rate === undefined ? order.outstanding : connectionsForRate, 1);
    case 'mqtt':
      return new MqttPublisher(order);
    case 'nats':
      return new NatsPublisher(order);
  }
}

const desk: GeneratorDesk = {
  connect: connectGroup,
  publish(order) {
    const group = order.group === undefined ? undefined : findGroup(order.group);
    return publishRound(order, group, makePublisher(order));
  },
  send: (order) => sendRound(order, findGroup(order.group)),
  close({group}) {
    groups.get(group)?.close();
    groups.delete(group);
  },
};

serveDesk(desk, {});
