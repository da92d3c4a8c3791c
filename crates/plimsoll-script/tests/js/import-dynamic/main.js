// import() of files, CommonJS, JSON and built-in modules, in the init context and later.
const early = await import('./lib.js');

export default async function () {
  const [lib, common, json, http] = await Promise.all([
    import('./lib.js'), import('./common.js'), import('./data.json'), import('k6/http'),
  ]);
  console.log(lib === early, lib.name, lib.default(), common.default.name, common.name, json.default);
  console.log(http.get(`${__ENV.SERVER}/get`).status, http.default.get === http.get);
}
