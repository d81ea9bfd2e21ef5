import { Controller, Inject, Topic, token } from 'topicwise';

class Forgotten {}

@Controller()
class Idle {}

@Controller()
class Untold {
  constructor(readonly repository: Map<string, string>) {}

  @Topic('a')
  on() {}
}

const LIMIT = token<number>('limit');

@Controller()
class Unprovided {
  constructor(@Inject(LIMIT) readonly limit: number) {}

  @Topic('b')
  on() {}
}

@Controller()
class Handling {
  @Topic('c')
  on() {}
}

@Controller()
class Overriding extends Handling {
  override on() {}
}

@Controller({ scope: 'message' })
class Basket {
  @Topic('e')
  on() {}
}

@Controller()
class Keeping {
  constructor(@Inject(Basket) readonly basket: Basket) {}

  @Topic('f')
  on() {}
}

class Hen {
  constructor(@Inject(() => Egg) readonly egg: object) {}
}

class Egg {
  constructor(@Inject(Hen) readonly hen: Hen) {}
}

@Controller()
class Farm {
  constructor(@Inject(Hen) readonly hen: Hen) {}

  @Topic('d')
  on() {}
}

/** What the guide's table of refusals is held to. */
export const mistakes = {
  'a class without decorator': [Forgotten],
  'a controller with nothing to handle': [Idle],
  'a parameter of which nothing is known': [Untold],
  'a token that nothing provides': [Unprovided],
  'a handler that a subclass overrides in silence': [Overriding],
  'a singleton that keeps what belongs to one message': [Keeping],
  'classes that need each other': [Farm],
};
