export { HeldBatch, ScriptedDriver } from '../../src/testing/scripted-driver.js';
