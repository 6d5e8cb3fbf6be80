import { describe } from 'vitest';
import * as tidings from '../../src/index.js';

type Services = ReturnType<typeof import('../decorated/services.js')['defineServices']>;

const compiled = (standard: string, file: string) =>
  import(new URL(`../../build/decorated/${standard}/test/decorated/${file}.js`, import.meta.url).href);

/** Runs the same tests on the services compiled under each decorator standard. */
export function describeUnderBothStandards(name: string, tests: (services: Services) => void): void {
  describe.each(['standard', 'legacy'])(`${name} (%s decorators)`, async (standard) => {
    const { defineServices } = await compiled(standard, 'services');
    tests(defineServices(tidings));
  });
}

/** What only standard decorators can do. */
export async function privateService(): Promise<new () => { work(value: string): string }> {
  const { definePrivateService } = await compiled('standard', 'standard-services');
  return definePrivateService(tidings);
}
