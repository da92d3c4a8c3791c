// In the init context a computed name may be that of any file.
const lang = 'de';
const { hello } = await import(`./lang/${lang}.js`);
const typed = await import('./lang/' + 'typed.ts');
const metrics = await import(['k6', 'metrics'].join('/'));

export default async function () {
  console.log(hello, typed.kind, typeof metrics.Counter, (await import('./lang/' + 'de.js')).hello);
  for (const name of ['./lang/en.js', 'lodash', './lang/none.js']) {
    await import(name).catch((e) => console.log(e.name, e.message));
  }
}
