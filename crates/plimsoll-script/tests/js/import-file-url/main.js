// file:// specifiers, written out and made by import.meta.resolve.
const { name } = await import(import.meta.resolve('./a b.js'));
const required = require(import.meta.resolve('./c.js'));
export default () => console.log(name, required);
