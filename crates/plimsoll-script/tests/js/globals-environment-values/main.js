// Values are strings, writes keep what they are; names can be listed and deleted.
export const options = { iterations: 1 };

export default function () {
  __ENV.NUMBER = 5;
  console.log(typeof __ENV.NUMBER, typeof __ENV.NAME, Object.keys(__ENV).includes('NAME'), JSON.stringify(__ENV).includes('"NAME":"value"'));
  delete __ENV.NAME;
  console.log(__ENV.NAME, 'NAME' in __ENV, JSON.stringify(structuredClone(__ENV)).includes('NUMBER'));
}
