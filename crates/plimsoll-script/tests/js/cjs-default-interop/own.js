exports.__esModule = true;
exports.default = 'own default';
exports.other = 1;
