// A function as the whole of the exports is the default function.
module.exports = function () {
  console.log('called', __VU);
};
module.exports.options = { iterations: 2 };
