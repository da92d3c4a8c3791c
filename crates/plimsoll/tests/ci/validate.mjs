// Holds results against their schemas, with validators that nobody here wrote. Arguments: a kind, a schema, a file.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(`${process.env.PACKAGES}/`);
const [kind, schema, file] = process.argv.slice(2);
const text = (path) => readFileSync(path, 'utf8');

async function problems() {
  if (kind === 'json') {
    const Ajv = require('ajv/dist/2020').default;
    const validate = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(JSON.parse(text(schema)));
    return validate(JSON.parse(text(file))) ? [] : validate.errors.map((error) => `${error.instancePath}: ${error.message}`);
  }
  if (kind === 'xml') {
    const { validateXML } = require('xmllint-wasm');
    const result = await validateXML({ xml: [{ fileName: file, contents: text(file) }], schema: [text(schema)] });
    return result.errors.map((error) => error.rawMessage);
  }
  throw new Error(`what is ${kind}?`);
}

const found = await problems();
found.forEach((problem) => console.error(problem));
process.exitCode = found.length === 0 ? 0 : 1;
