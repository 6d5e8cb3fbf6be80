import type { SourceFile } from './source-file.js';

/**
 * Who may import whom: a room's name allows the room, a path allows the one file. A room may always import itself.
 * `ANY` stands at the top of the house.
 */
export const ANY = '*';

export type Rooms = Readonly<Record<string, readonly string[]>>;

export interface Rules {
  readonly rooms: Rooms;
  /** Rooms that know drivers only by their contract. */
  readonly core: readonly string[];
  /** Names of concrete drivers, as strings that the core must not hold. */
  readonly driverNames: readonly string[];
  /** Packages that talk to a broker or a log, which the core must not import. */
  readonly clients: readonly string[];
  /** Rooms and folders that may read `process.env`. */
  readonly environment: readonly string[];
  readonly maxLines: number;
}

/** Everything that breaks a rule, one line each. */
export function violations(files: readonly SourceFile[], rules: Rules): string[] {
  return [...files.flatMap((file) => violationsOf(file, rules)), ...cycles(files)];
}

function violationsOf(file: SourceFile, rules: Rules): string[] {
  const { path, lines } = file;
  const room = roomOf(path);
  if (room !== '' && !Object.hasOwn(rules.rooms, room)) return [`${path} is in no room that the table knows`];
  const allowed = room === '' ? [ANY] : (rules.rooms[room] ?? []);
  const found = file.imports
    .filter((target) => !mayImport(room, allowed, target))
    .map(
      (target) => `${path} imports ${target}; ${room}/ may import ${allowed.join(', ') || 'nothing of the project'}`,
    );
  for (const target of file.imports) {
    if (room === 'drivers' && roomOf(target) === 'drivers' && driverOf(path) !== driverOf(target)) {
      found.push(`${path} imports ${target}; a driver imports no other driver`);
    }
  }
  if (rules.core.includes(room)) {
    const names = file.texts.filter((text) => rules.driverNames.includes(text));
    const clients = file.packages.filter((name) => rules.clients.includes(name));
    found.push(...names.map((name) => `${path} names the driver '${name}'; the core knows none`));
    found.push(...clients.map((name) => `${path} imports ${name}; the core knows no client`));
  }
  if (lines > rules.maxLines) found.push(`${path} has ${lines} lines; at most ${rules.maxLines}`);
  if (file.exportsAll && path.endsWith('index.ts')) found.push(`${path} has an export *; name what is exported`);
  if (file.readsEnvironment && !rules.environment.some((place) => path.startsWith(`${place}/`))) {
    found.push(`${path} reads process.env; only ${rules.environment.join(', ')} may`);
  }
  return found;
}

function mayImport(room: string, allowed: readonly string[], target: string): boolean {
  if (target.startsWith('../')) return false;
  const other = roomOf(target);
  if (other === room && room !== '') return true;
  if (target === 'index.ts') return allowed.includes(ANY) && room !== '';
  return allowed.includes(ANY) || allowed.includes(other) || allowed.includes(target);
}

/** The first folder; empty for the files of src/ itself. */
function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : '';
}

/** `drivers/log/line.ts` and `drivers/log.ts` are of the driver `log`. */
function driverOf(path: string): string | undefined {
  return path.split('/')[1]?.replace(/\.ts$/, '');
}

/** Every cycle that a walk in depth meets, `a.ts → b.ts → a.ts`; none is left when the list is empty. */
function cycles(files: readonly SourceFile[]): string[] {
  const imports = new Map(files.map((file) => [file.path, file.imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      found.push(`cycle: ${[...trail.slice(start), path].join(' → ')}`);
    } else if (!done.has(path)) {
      for (const target of imports.get(path) ?? []) walk(target, [...trail, path]);
      done.add(path);
    }
  };
  for (const { path } of files) walk(path, []);
  return found;
}
