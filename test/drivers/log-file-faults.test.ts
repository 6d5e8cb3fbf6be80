import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { driverFor, file, folder, linesOf, opened, useLogFolder } from '../support/log-folder.js';
import { outgoing } from '../support/outgoing.js';

useLogFolder();

describe('a log file', () => {
  it('that cannot be written is told at opening, and opening works once the cause is gone', async () => {
    await writeFile(join(folder, 'occupied'), '');
    const driver = driverFor({ file: join(folder, 'occupied', 'notifications.log') });
    await expect(driver.open()).rejects.toMatchObject({
      code: 'DELIVERY_FAILED',
      message: expect.stringMatching(
        /cannot write to the log file .*notifications\.log: E(EXIST|NOTDIR).*TIDINGS_LOG_FILE/,
      ),
    });
    await rm(join(folder, 'occupied'));
    await driver.open();
    await driver.deliver([outgoing()]);
    expect(await linesOf(join(folder, 'occupied', 'notifications.log'))).toHaveLength(1);
  });

  it('that is a directory is told at opening', async () => {
    await mkdir(file);
    await expect(driverFor({ file }).open()).rejects.toThrow(/EISDIR/);
  });

  it('is opened again by a delivery that finds it closed by a failed write', async () => {
    const driver = await opened({ file });
    await rm(folder, { recursive: true });
    await writeFile(folder, 'a file where the folder was');
    await expect(driver.deliver([outgoing()])).rejects.toMatchObject({ code: 'DELIVERY_FAILED' });
    await rm(folder);
    await driver.deliver([outgoing()]);
    expect(await linesOf(file)).toHaveLength(1);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk refuses only what could not be written on any', async () => {
    const driver = await opened({ file: '/dev/full', format: 'pretty' });
    const unwritable = outgoing({ timestamp: 5 as never });
    expect(await driver.deliver([unwritable, outgoing()])).toEqual([
      expect.objectContaining({ code: 'DELIVERY_REFUSED' }),
      expect.objectContaining({ code: 'DELIVERY_FAILED' }),
    ]);
  });

  it.skipIf(!existsSync('/dev/full'))('on a full disk rejects the delivery and takes it again later', async () => {
    const driver = await opened({ file: '/dev/full' });
    for (const attempt of [1, 2, 3]) {
      const batch = [{ ...outgoing(), attempt }, outgoing()];
      await expect(driver.deliver(batch)).rejects.toMatchObject({
        code: 'DELIVERY_FAILED',
        message: expect.stringContaining('ENOSPC'),
      });
    }
    await driver.close();
  });
});
