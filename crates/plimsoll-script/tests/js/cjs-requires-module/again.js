import * as counter from './counter.js';
export const same = (other) => other === counter && other.count === counter.count;
