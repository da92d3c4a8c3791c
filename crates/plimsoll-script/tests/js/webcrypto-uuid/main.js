// UUIDs are random ones, version 4, and never the same.
export default function () {
  const seen = new Set();
  for (let i = 0; i < 1000; i += 1) seen.add(crypto.randomUUID());
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  console.log(seen.size, [...seen].every((uuid) => form.test(uuid)));
  console.log(Object.keys(crypto).join(), String(crypto));
}
