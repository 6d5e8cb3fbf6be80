// Writes docs/configuration.md from the tables that the package itself reads its settings by; with --check it only says
// whether the page is what it would write. Needs dist/: npm run build.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DRIVER_CHOICE } from '../dist/esm/setup/driver-choice.js';
import { DRIVER_KINDS, DRIVER_SETTINGS } from '../dist/esm/setup/driver-registry.js';
import { SETTINGS } from '../dist/esm/setup/settings.js';
import { WIRE_FORMATS } from '../dist/esm/setup/wire-formats.js';

const PAGE = fileURLToPath(new URL('configuration.md', import.meta.url));
const OF_ALL = '';

function valueText({ check, default: value }) {
  if (value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)) return '';
  return check.write?.(value) ?? String(value);
}

/** Descriptions of drivers' defaults are sentences as often as values. */
const asCode = (text) => (/^[\w./:-]+$/.test(text) ? `\`${text}\`` : text);

const settings = Object.entries(SETTINGS).map(([option, setting]) => ({
  env: setting.env,
  driver: OF_ALL,
  option,
  takes: setting.takes ?? setting.check.takes ?? '',
  default: asCode(valueText(setting)),
  description: setting.description,
}));
const ofDrivers = DRIVER_SETTINGS.map(({ driver, setting }) => ({
  ...setting,
  driver,
  takes: setting.takes ?? setting.check.takes ?? '',
  default: asCode(setting.default ?? ''),
  description: setting.secret ? `${setting.description}. Never shown` : setting.description,
}));
const choice = DRIVER_CHOICE.map((each) => ({ ...each, driver: OF_ALL, default: asCode(each.default) }));

const cell = (text) => text.replaceAll('|', '\\|');
const row = (...cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (heads, rows) => [row(...heads), `|${heads.map(() => '---').join('|')}|`, ...rows].join('\n');

const variables = table(
  ['Variable', 'Driver', 'Default', 'Takes', 'What it is', 'In code'],
  [...choice, ...settings.filter(({ env }) => env !== undefined), ...ofDrivers].map((each) =>
    row(
      `\`TIDINGS_${each.env}\``,
      each.driver === OF_ALL ? '' : `\`${each.driver}\``,
      each.default,
      each.takes,
      each.description,
      `\`${each.option}\``,
    ),
  ),
);
const inCode = table(
  ['Option', 'Default', 'Takes', 'What it is'],
  settings
    .filter(({ env }) => env === undefined)
    .map((each) => row(`\`${each.option}\``, each.default, each.takes, each.description)),
);
const drivers = table(
  ['Driver', 'Also called', 'Its variables'],
  DRIVER_KINDS.map(({ name, aliases }) =>
    row(
      `\`${name}\``,
      aliases.map((alias) => `\`${alias}\``).join(', '),
      ofDrivers
        .filter(({ driver }) => driver === name)
        .map(({ env }) => `\`TIDINGS_${env}\``)
        .join(', '),
    ),
  ),
);
const formats = table(
  ['Wire format', 'Media type'],
  [...WIRE_FORMATS].map(([name, { contentType }]) => row(`\`${name}\``, `\`${contentType}\``)),
);

const page = `<!-- Made by npm run docs from the tables in src/: a change here is lost. -->
# Configuration

An option that is given in code wins over the environment, which wins over the default. A variable that is empty is
unset. A wrong value is a \`ConfigurationError\` that names the variable or option, what it held (never a secret) and what
it takes; where nobody calls \`configureNotifications()\` it is one line on standard error, and nothing is sent. A variable
with the prefix \`TIDINGS_\` that nobody reads is warned about at start. What is disabled in either place is disabled.

Bytes take the units \`KiB\`, \`MiB\`, \`GiB\`, \`kB\`, \`MB\` and \`GB\`; times take \`ms\`, \`s\`, \`m\`, \`h\` and \`d\`, and are
milliseconds without one. In code, an option whose name ends with \`Ms\` or \`Seconds\` is a number of those; every other time,
but for the \`ttl\` of \`zaqar\` in seconds, and all bytes may be a number or such a text.

## Variables

${variables}

A variable of a driver is an option of that driver, for every instance that does not set the option itself.

## Options that only code has

${inCode}

\`drivers\`, \`extraDrivers\`, \`routes\` and \`reporter\` beside them take objects, as their types say.

## Drivers

${drivers}

[drivers.md](drivers.md) says how to write one; [routing.md](routing.md) which notification goes to which.

## Wire formats

${formats}
`;

if (!process.argv.includes('--check')) writeFileSync(PAGE, page);
else if (readFileSync(PAGE, 'utf8') !== page) {
  console.error('docs/configuration.md is not up to date: npm run docs');
  process.exitCode = 1;
}
