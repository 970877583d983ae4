// Validates the documents in a folder. Two members differ from JSON:API because the vendor's examples do, and are put right
// before the validation: the id of an organization is an integer, and the detail of an error of rows is an object.
'use strict';

const fs = require('fs');
const path = require('path');
const { Validator } = require('jsonapi-validator');

const folder = process.argv[2];
const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
if (names.length === 0) {
  console.error(`.ci/jsonapi: ${folder} has no document; run the end-to-end tests first`);
  process.exit(1);
}

const known = { organization: 0, rows: 0 };

// Puts the two known members right, and counts them.
function righted(value, key) {
  if (Array.isArray(value)) return value.map((item) => righted(item, key));
  if (value === null || typeof value !== 'object') return value;
  if (value.type === 'organizations' && Number.isInteger(value.id)) {
    known.organization += 1;
    return { ...value, id: String(value.id) };
  }
  if (key === 'errors' && value.code === 'invalid_attribute' && value.detail !== null && typeof value.detail === 'object') {
    known.rows += 1;
    return { ...value, detail: JSON.stringify(value.detail) };
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, righted(inner, name)]));
}

const validator = new Validator();
let wrong = 0;
for (const name of names) {
  const document = JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
  try {
    validator.validate(righted(document));
  } catch (error) {
    wrong += 1;
    const told = (error.errors || []).slice(0, 5).map((one) => `  ${one.dataPath} ${one.message}`);
    console.error([`${name}: ${error.message}`, ...told].join('\n'));
  }
}
console.log(`${names.length} documents, ${wrong} wrong; ${known.organization} organizations with an integer id, ${known.rows} errors of rows`);
process.exit(wrong === 0 ? 0 : 1);
