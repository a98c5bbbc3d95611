import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ShownPaths } from '../../../src/host/cgroup/membership-reader.ts';

const unneeded = () => assert.fail('the root of the namespace was looked for');

/** How the kernel shows a cgroup to who is in a namespace with that root (kernfs_path_from_node). */
function shownFrom(namespaceRoot: readonly string[], path: readonly string[]): string {
  let common = 0;
  while (common < namespaceRoot.length && namespaceRoot[common] === path[common]) common++;
  const ups = '/..'.repeat(namespaceRoot.length - common);
  return (
    `${ups}${path
      .slice(common)
      .map((name) => `/${name}`)
      .join('')}` || '/'
  );
}

describe('paths of cgroups as a process shows them', () => {
  it('are those of the tree if the namespace is the host’s', () => {
    const paths = new ShownPaths('/', unneeded);
    assert.equal(paths.below('/system.slice/nginx.service'), '/system.slice/nginx.service');
    assert.equal(paths.below('/'), '/');
    assert.equal(paths.below('/../x'), undefined);
  });

  it('lie below a directory that is itself somewhere in the tree', () => {
    const paths = new ShownPaths('/lab', unneeded);
    assert.equal(paths.below('/lab/system.slice/nginx.service'), '/system.slice/nginx.service');
    assert.equal(paths.below('/lab'), '/');
    assert.equal(paths.below('/laboratory/x'), undefined);
    assert.equal(paths.below('/'), undefined);
  });

  it('are above the namespace of a pod', () => {
    const paths = new ShownPaths('/../../..', unneeded);
    assert.equal(paths.below('/../../../system.slice/nginx.service'), '/system.slice/nginx.service');
    assert.equal(paths.below('/../../..'), '/');
    assert.equal(paths.below('/../../../..'), undefined);
  });

  it('use the names of the namespace’s root if they share some with it, and look them up once', () => {
    let asked = 0;
    const paths = new ShownPaths('/../..', () => {
      asked++;
      return '/system.slice/docker-1.scope';
    });
    assert.equal(paths.below('/../nginx.service'), '/system.slice/nginx.service');
    assert.equal(paths.below('/'), '/system.slice/docker-1.scope');
    assert.equal(paths.below('/own'), '/system.slice/docker-1.scope/own');
    assert.equal(asked, 1);
  });

  it('are unknown if those names cannot be found', () => {
    const paths = new ShownPaths('/../..', () => undefined);
    assert.equal(paths.below('/../nginx.service'), undefined);
    assert.equal(paths.below('/../../nginx.service'), '/nginx.service');
  });

  it('distinguish names that begin with dots from levels', () => {
    const paths = new ShownPaths('/', unneeded);
    assert.equal(paths.below('/..x/y'), '/..x/y');
    assert.equal(paths.below('/...'), '/...');
  });

  it('are resolved correctly for any directory, namespace and process', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '..c'), { maxLength: 5 });
    fc.assert(
      fc.property(path, path, path, (directory, namespaceRoot, process) => {
        const text = (names: readonly string[]) => `/${names.join('/')}`;
        const isBelow = (names: readonly string[]) => directory.every((name, at) => names[at] === name);
        const paths = new ShownPaths(shownFrom(namespaceRoot, directory), () => {
          assert.ok(isBelow(namespaceRoot), 'a root that is not below was looked for');
          return text(namespaceRoot.slice(directory.length));
        });
        const expected = isBelow(process) ? text(process.slice(directory.length)) : undefined;
        assert.equal(paths.below(shownFrom(namespaceRoot, process)), expected);
      }),
      { numRuns: 2000 },
    );
  });
});
