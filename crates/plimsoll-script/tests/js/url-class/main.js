// A class like others: instances, inheritance, tags.
class Api extends URL {
  get version() { return this.pathname.split('/')[1]; }
}
export const options = { iterations: 1 };

export default function () {
  const api = new Api('http://a/v2/users');
  console.log(api.version, api instanceof Api, api instanceof URL, Object.prototype.toString.call(api));
  console.log(typeof URL, URL.name, Object.keys(new URL('http://a')).length);
  try { URL.prototype.href; console.log('no error'); } catch (e) { console.log(e.name); }
  try { Object.getOwnPropertyDescriptor(URL.prototype, 'href').get.call({}); } catch (e) { console.log(e.name); }
}
