export const where = {
  url: import.meta.url,
  data: import.meta.resolve('../ä.txt'),
  builtin: import.meta.resolve('k6/http'),
  text: open(import.meta.resolve('../ä.txt')).trim(),
};
