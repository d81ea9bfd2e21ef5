export interface NothingToLoad {
  readonly here: true;
}
