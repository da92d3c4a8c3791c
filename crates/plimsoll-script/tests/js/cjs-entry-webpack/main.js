// The shape of what webpack writes for the target commonjs, with k6 as an external.
(() => {
  "use strict";
  var __webpack_modules__ = {
    8: (module) => { module.exports = require("k6"); },
    9: (module) => { module.exports = require("k6/http"); },
    10: (module, exports, __webpack_require__) => { exports.twice = (n) => 2 * n; },
  };
  var __webpack_module_cache__ = {};
  function __webpack_require__(moduleId) {
    var cachedModule = __webpack_module_cache__[moduleId];
    if (cachedModule !== undefined) return cachedModule.exports;
    var module = __webpack_module_cache__[moduleId] = { exports: {} };
    __webpack_modules__[moduleId](module, module.exports, __webpack_require__);
    return module.exports;
  }
  __webpack_require__.n = (module) => {
    var getter = module && module.__esModule ? () => module['default'] : () => module;
    __webpack_require__.d(getter, { a: getter });
    return getter;
  };
  __webpack_require__.d = (exports, definition) => {
    for (var key in definition) Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
  };
  __webpack_require__.r = (exports) => { Object.defineProperty(exports, '__esModule', { value: true }); };
  var __webpack_exports__ = {};
  (() => {
    __webpack_require__.r(__webpack_exports__);
    __webpack_require__.d(__webpack_exports__, { "default": () => main, "options": () => options });
    var k6 = __webpack_require__(8);
    var http = __webpack_require__(9);
    var http_default = __webpack_require__.n(http);
    var lib = __webpack_require__(10);
    var options = { iterations: 1 };
    function main() {
      var response = http_default().get(__ENV.SERVER + '/get');
      console.log((0, k6.check)(response, { ok: (r) => r.status === 200 }), (0, lib.twice)(21));
    }
  })();
  var __webpack_export_target__ = exports;
  for (var i in __webpack_exports__) __webpack_export_target__[i] = __webpack_exports__[i];
  if (__webpack_exports__.__esModule) Object.defineProperty(__webpack_export_target__, "__esModule", { value: true });
})();
