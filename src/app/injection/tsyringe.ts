// The one place that loads tsyringe: it refuses to load unless reflect-metadata came before it.
import 'reflect-metadata';

export {
  container,
  type DependencyContainer,
  delay,
  type InjectionToken,
  inject,
  injectable,
  Lifecycle,
} from 'tsyringe';
