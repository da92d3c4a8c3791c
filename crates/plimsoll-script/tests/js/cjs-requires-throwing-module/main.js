// What an ES module throws is thrown by require, and nobody else hears of it.
const messages = [];
for (let i = 0; i < 2; i++) {
  try { require('./throws.js'); } catch (e) { messages.push(`${e.name}: ${e.message}`); }
}
exports.default = async () => {
  await null;
  console.log(messages);
};
