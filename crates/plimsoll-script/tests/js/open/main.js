const users = JSON.parse(open('./users.json'));
const bytes = open('./users.json', 'b');
console.log(users.length, bytes.byteLength);
try { open('./missing.json'); } catch (e) { console.log(e.message.replace(/.*missing/, 'missing')); }

export default function () {
  try { open('./users.json'); } catch (e) { console.log(e.message); }
}
