try { require('./awaits.js'); } catch (e) { if (__VU) console.log(e.name, e.message.replace(/file:.*\//, '')); }
exports.default = () => {};
