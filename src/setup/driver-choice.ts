/** The variables that choose drivers: they are read by `readDrivers`, not from the table of settings. */
export const DRIVER_CHOICE: readonly {
  readonly env: string;
  readonly option: string;
  readonly takes: string;
  readonly default: string;
  readonly description: string;
}[] = [
  {
    env: 'DRIVERS',
    option: 'drivers',
    takes: 'a comma-separated list of names',
    default: 'noop',
    description: 'Where everything goes; with routes, what no route takes',
  },
  {
    env: 'ROUTES',
    option: 'routes',
    takes: 'the path of a YAML or JSON file',
    default: '',
    description: 'Which notifications go to which drivers, see [routing.md](routing.md)',
  },
];
