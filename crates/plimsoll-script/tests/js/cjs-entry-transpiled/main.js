"use strict";
// What Babel and TypeScript make of an ES module.
var __importDefault = (this && this.__importDefault) || function (mod) {
  return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.options = void 0;
exports.default = default_1;
const http_1 = __importDefault(require("k6/http"));
const k6_1 = require("k6");
const named = __importDefault(require("./named"+".js"));
exports.options = { iterations: 1 };
function default_1() {
  (0, k6_1.check)(http_1.default.get(__ENV.SERVER + '/get'), { 'is 200': (r) => r.status === 200 });
  console.log(typeof http_1.default.post, http_1.default === http_1, named.default.name);
}
