// Lets k6-html-reporter draw what handleSummary was given. Arguments: a file, a folder.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.PACKAGES}/`);
const [file, folder] = process.argv.slice(2);
require('k6-html-reporter').generateSummaryReport({ jsonFile: file, output: folder });
