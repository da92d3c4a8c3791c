import ws from 'k6/ws';
import { browser } from 'k6/browser';
import grpc from 'k6/net/grpc';
import missing from './missing.js';
import { nothing } from 'k6';
import http from 'k6/htp';

export default function () {
  ws.connect('ws://localhost', () => {});
  browser.newPage();
  return [grpc, missing, nothing, http];
}
