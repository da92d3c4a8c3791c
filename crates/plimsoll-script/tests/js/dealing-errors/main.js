import { unique, circular, random } from 'plimsoll/data';

function attempt(what, make) {
  try { make(); console.log(what, 'went through'); } catch (e) { console.log(what, `${e.name}: ${e.message.replace(/ \/.*\//, ' ')}`); }
}

attempt('nothing', () => unique());
attempt('number', () => circular(7));
attempt('array', () => random([1]));
attempt('missing', () => unique('./missing.csv'));
attempt('no rows', () => unique('./empty.csv'));
attempt('no header', () => unique('./nothing.csv'));
attempt('no array', () => unique('./object.json'));
attempt('unknown kind', () => unique('./main.js'));
attempt('kind given', () => unique('./nothing.csv', { format: 'xml' }));
attempt('delimiter', () => unique('./empty.csv', { delimiter: '::' }));
attempt('delimiter of JSON', () => unique('./object.json', { delimiter: ';' }));
attempt('unknown option', () => unique('./empty.csv', { onExhaust: 'wrap' }));
attempt('unknown policy', () => unique('./empty.csv', { onExhausted: 'stop' }));
attempt('policy of circular', () => circular('./empty.csv', { onExhausted: 'wrap' }));
attempt('seed', () => random('./empty.csv', { seed: -1 }));
attempt('options', () => random('./empty.csv', 7));
attempt('next in init', () => unique('./one.csv').next());

export default function () {
  attempt('in an iteration', () => unique('./one.csv'));
}
