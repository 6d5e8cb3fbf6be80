import { ConfigurationError, configureNotifications } from 'tidings';
import { startService } from './service.js';

// The service on its own: PORT, IMAGE_DIR (where it keeps its images), IMPORT_DIR (whose files tasks may import), and
// TIDINGS_* for where its notifications go.
const { PORT = '9292', IMAGE_DIR = 'images', IMPORT_DIR, TIDINGS_SERVICE = 'image' } = process.env;

async function main(): Promise<void> {
  const notifier = configureNotifications({ service: TIDINGS_SERVICE });
  const service = await startService({
    directory: IMAGE_DIR,
    port: Number(PORT),
    importDirectory: IMPORT_DIR,
    audit: true,
  });
  console.error(`image service: ${service.url}`);

  const stop = async () => {
    await service.close();
    // After the service, whose last requests still tell something.
    await notifier.close({ timeoutMs: 5_000 });
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exitCode = 1;
});
