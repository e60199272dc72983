/** What a call of the datapath throws. */
import * as assert from 'uvu/assert';
import { DatapathError } from '../../runtime/datapath.ts';

export function errorOf(body: () => unknown): DatapathError {
  try {
    body();
  } catch (error) {
    assert.instance(error, DatapathError);
    return error as DatapathError;
  }
  throw new Error('nothing was thrown');
}
