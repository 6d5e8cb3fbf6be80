import { beforeAll, describe, expect, it } from 'vitest';
import { NEST_MAJORS, NestApp, USUAL_FORMAT } from '../support/nest-app.js';

/** Where the decorator stands in regard to `@Get()`; `composed`: beside it in `applyDecorators()`. */
const ORDERS = ['below', 'above', 'between', 'composed'];
const image = { id: 7, name: 'image 7', user: 'alice' };

describe.each(NEST_MAJORS)('the methods of a Nest %i application', (major) => {
  let answers: Record<string, unknown>;
  beforeAll(async () => {
    const app = await NestApp.compile('nest-gallery', major, USUAL_FORMAT[major]);
    answers = (await app.run('main.js')) as typeof answers;
  }, 5 * 60_000);

  it.each(ORDERS)('route, inject and take parameters, decorated %s @Get()', (order) => {
    expect(answers[`/single/${order}/7`]).toEqual({
      status: 200,
      body: image,
      told: ['INFO images.find', `INFO single.${order}`],
    });
  });

  it.each(ORDERS)('are guarded by their metadata, decorated %s @Get()', (order) => {
    expect(answers[`/single/${order}/8`]).toEqual({ status: 403, told: [] });
  });

  it('have their pipes, whose refusals are no call', () => {
    expect(answers['/single/below/seven']).toEqual({ status: 400, told: [] });
  });

  it("tell nothing of an HttpException that is the user's", () => {
    expect(answers['/single/below/404']).toEqual({ status: 404, told: [] });
    expect(answers['/single/between/404']).toEqual({ status: 404, told: [] });
  });

  it('tell of a fault of the system once each, and Nest answers it as ever', () => {
    expect(answers['/single/below/500']).toEqual({
      status: 500,
      told: ['ERROR images.find "disk on fire"', 'ERROR single.below "disk on fire"'],
    });
    expect(answers['/single/between/500']).toEqual({
      status: 500,
      told: ['ERROR images.find "disk on fire"', 'ERROR single.between "disk on fire"'],
    });
  });

  it('that return an Observable tell once', () => {
    expect(answers['/single/observable/7']).toEqual({
      status: 200,
      body: { id: 7, name: 'image 7' },
      told: ['INFO images.find', 'INFO single.observable {"items":1}'],
    });
  });

  it('that return a StreamableFile tell when it was sent', () => {
    expect(answers['/single/file/7']).toEqual({
      status: 200,
      body: [7],
      told: ['INFO single.file {"bytes":3,"cancelled":false}'],
    });
  });

  it('are intercepted', () => {
    expect(answers['/single/intercepted/7']).toEqual({
      status: 200,
      body: { doubled: 14 },
      told: ['INFO single.intercepted'],
    });
  });

  it('keep their status, their headers and the types of their parameters', () => {
    expect(answers['/single']).toEqual({
      status: 202,
      body: { id: 1, name: 'cirros', isNewImage: true },
      queue: 'imports',
      told: ['INFO images.import.start', 'INFO images.import.end', 'INFO single.create'],
    });
  });

  it('of a decorated class route and are guarded, on either side of @Controller()', () => {
    expect(answers['/outside/7']).toEqual({ status: 200, body: 7, told: ['INFO outside.get_by_id'] });
    expect(answers['/outside/8']).toEqual({ status: 403, told: [] });
    expect(answers['/inside/7']).toEqual({ status: 200, body: 7, told: ['INFO inside.get_by_id'] });
  });

  it('that are lifecycle hooks run and tell nothing', () => {
    expect(answers.start).toEqual([]);
    expect(answers.stop).toEqual([]);
  });
});
