import { Controller, defineMiddleware, defineTopic, Topic } from 'topicwise';
import { expect, it } from 'vitest';
import { controllerRoutes } from '../../../src/app/routes/controller-routes.js';
import { inherit, nothingInherited } from '../../../src/app/routes/inherited.js';

const app = defineMiddleware((_message, next) => next());
const outer = defineMiddleware<{ tenant: string }>((_message, next) => next({ tenant: 'acme' }));
const inner = defineMiddleware<{ plan: string }, { tenant: string }>((message, next) =>
  next({ plan: message.tenant }),
);
const TenantTopic = Topic.use(outer);
const PlanTopic = TenantTopic.use(inner);
const reading = defineTopic('sensors/+id/reading');

@Controller()
class Controllers {
  @Topic(reading) plain() {}
  @TenantTopic(reading) tenant(message: { tenant: string }) {
    void message;
  }
  @PlanTopic('a/b') plan() {}
}

it('a decorator made with Topic.use puts its middleware inside the application`s, in the order of its making', () => {
  const findings: string[] = [];
  const routes = controllerRoutes(Controllers, inherit(nothingInherited, { middleware: [app] }), findings);
  expect(findings).toEqual([]);
  expect(routes.map(({ middleware }) => middleware)).toEqual([[app], [app, outer], [app, outer, inner]]);
});
