import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditPeriod, auditPeriod, type PeriodLock, type PeriodStore } from '../../src/audit/index.js';

/** The period `days` days after the first one. */
export function day(days: number): AuditPeriod {
  return auditPeriod('day', new Date(Date.UTC(2024, 2, 15 + days, 10)));
}

async function held(store: PeriodStore, name: string): Promise<PeriodLock> {
  const lock = await store.acquire(name);
  if (lock === undefined) throw new Error('somebody else has the lock');
  return lock;
}

/** What every store must do. `create` gives two stores that share what they keep, as two hosts would. */
export function testPeriodStore(create: () => Promise<readonly [PeriodStore, PeriodStore]>): void {
  describe('as a store of told periods, it', () => {
    let one: PeriodStore;
    let other: PeriodStore;
    beforeAll(async () => {
      [one, other] = await create();
    });
    afterAll(async () => {
      await one?.close?.();
      await other?.close?.();
    });

    it('gives a lock to one at a time, for each name', async () => {
      const lock = await held(one, 'image.exists day');
      expect(await one.acquire('image.exists day')).toBeUndefined();
      expect(await other.acquire('image.exists day')).toBeUndefined();
      const another = await held(other, 'volume.exists day');
      await lock.release();
      const next = await held(other, 'image.exists day');
      expect(await one.acquire('image.exists day')).toBeUndefined();
      await next.release();
      await another.release();
      expect(lock.lost.aborted).toBe(false);
    });

    it('gives it to one of many that ask at once', async () => {
      for (let round = 0; round < 10; round += 1) {
        const asked = Array.from({ length: 8 }, (_, index) => (index % 2 ? one : other).acquire('Rush/Hour é'));
        const locks = (await Promise.all(asked)).filter((lock) => lock !== undefined);
        expect(locks).toHaveLength(1);
        await locks[0]?.release();
      }
    });

    it('remembers the last period that was recorded, for each name', async () => {
      const lock = await held(one, 'a.exists day');
      expect(await lock.last()).toBeUndefined();
      await lock.record(day(0));
      await lock.record(day(1));
      expect(await lock.last()).toEqual({ begin: day(1).begin, end: day(1).end });
      await lock.release();
      const again = await held(other, 'a.exists day');
      expect(await again.last()).toEqual({ begin: day(1).begin, end: day(1).end });
      await again.release();
      const elsewhere = await held(other, 'A.exists day');
      expect(await elsewhere.last()).toBeUndefined();
      await elsewhere.release();
    });
  });
}
