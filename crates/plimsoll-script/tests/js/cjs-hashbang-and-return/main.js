#!/usr/bin/env node
exports.default = () => console.log('first', new Error('x').stack.trim().replace(/.*\//, ''));
exports.options = { iterations: 1 };
if (exports.default) return;
throw new Error('this is not reached');
