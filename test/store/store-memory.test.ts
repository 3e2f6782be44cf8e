import {MemoryStore} from '../../src/store/store-memory.ts';
import {testStore} from './suite.ts';

testStore(async () => {
  const store = new MemoryStore();
  return {store, publications: () => store.publications};
});
