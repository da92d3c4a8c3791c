// There is no Intl; what would use it gives the same text for every language.
export const options = { iterations: 1 };

export default function () {
  console.log(typeof Intl, (1234.5).toLocaleString('de'), (1234.5).toLocaleString('en'), 'ä'.localeCompare('z') > 0, ['b', 'a'].sort((x, y) => x.localeCompare(y)).join());
  console.log('é'.normalize('NFD').length, 'I'.toLocaleLowerCase('tr'), 'Ǆ'.toLowerCase());
}
