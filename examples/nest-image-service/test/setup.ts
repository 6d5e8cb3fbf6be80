// `toHaveNotified()` and its like, and their types.
import 'tidings/testing/vitest';
