const missing = JSON.parse('{');

export default function () {
  return missing;
}
