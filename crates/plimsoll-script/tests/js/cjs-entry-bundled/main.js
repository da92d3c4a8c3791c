// The shape of what esbuild writes with --format=cjs.
var __defProp = Object.defineProperty;
var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __hasOwnProp = Object.prototype.hasOwnProperty;
var __export = (target, all) => {
  for (var name in all) __defProp(target, name, { get: all[name], enumerable: true });
};
var __copyProps = (to, from, except, desc) => {
  if (from && typeof from === "object" || typeof from === "function") {
    for (let key of __getOwnPropNames(from))
      if (!__hasOwnProp.call(to, key) && key !== except)
        __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
  }
  return to;
};
var __toESM = (mod, isNodeMode, target) => (target = mod != null ? Object.create(Object.getPrototypeOf(mod)) : {}, __copyProps(
  isNodeMode || !mod || !mod.__esModule ? __defProp(target, "default", { value: mod, enumerable: true }) : target, mod));
var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

var entry_exports = {};
__export(entry_exports, { default: () => entry_default, options: () => options });
module.exports = __toCommonJS(entry_exports);
var import_http = __toESM(require("k6/http"));
var import_metrics = require("k6/metrics");
var count = new import_metrics.Counter("bundled");
var options = { iterations: 1, vus: 1 };
function entry_default() {
  count.add(2);
  console.log(import_http.default.get(__ENV.SERVER + "/get").status);
}
// Annotate the CommonJS export names for ESM import in node:
0 && (module.exports = { options });
