// A class like others.
export const options = { iterations: 1 };

export default async function () {
  const blob = new Blob(['a']);
  console.log(String(blob), blob instanceof Blob, Blob.name, Object.keys(blob).length);
  class Named extends Blob { constructor(parts, name) { super(parts); this.name = name; } }
  const named = new Named(['ab'], 'n');
  console.log(named.size, named.name, named instanceof Named, await named.text());
  try { blob.size = 5; console.log('no error'); } catch (e) { console.log(e.name); }
  try { Blob.prototype.text.call({}); console.log('no error'); } catch (e) { console.log(e.name); }
}
