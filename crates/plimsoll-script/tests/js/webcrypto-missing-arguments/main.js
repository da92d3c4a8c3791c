// Each function says how many arguments it needs.
export default async function () {
  for (const name of Object.keys(crypto.subtle)) {
    await crypto.subtle[name]().catch((error) => console.log(error.name, error.message));
  }
}
