import icmp from 'k6/x/icmp';
import { browser } from 'k6/browser';
import grpc from 'k6/net/grpc';
import missing from './missing.js';
import { nothing } from 'k6';
import http from 'k6/htp';

export default function () {
  icmp.ping('localhost');
  browser.newPage();
  return [grpc, missing, nothing, http];
}
