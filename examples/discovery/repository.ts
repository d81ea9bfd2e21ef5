export class DrawerRepository {
  readonly opened: string[] = [];
}
