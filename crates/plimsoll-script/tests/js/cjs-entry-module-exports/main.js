module.exports = {
  options: { iterations: 1 },
  default() {
    console.log('default', typeof require, typeof module, typeof exports);
  },
};
