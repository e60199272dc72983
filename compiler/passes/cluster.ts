/** Where selectors look: reads the manifests that `k8s(manifests=…)` names. A live cluster is for a later build. */
import type { Arg, K8sStatement } from '../../dsl/ast.ts';
import type { ClusterView, Compilation, Unit } from '../compilation.ts';
import { quoted } from '../compilation.ts';
import { textOf } from '../values.ts';

export function readCluster(c: Compilation): void {
  const first = new Map<Unit['scope'], K8sStatement>();
  for (const unit of c.units) {
    for (const statement of unit.script.statements) {
      if (statement.kind !== 'k8s') continue;
      const other = first.get(unit.scope);
      if (other) {
        c.error('LB112', statement.span, 'there is a k8s(…) already', { hint: 'one cluster per script', related: [{ message: 'first here', span: other.span }] });
        continue;
      }
      first.set(unit.scope, statement);
      unit.scope.cluster = view(c, unit, statement);
    }
  }
  shareTheOnlyOne(c);
}

/** Entries without a k8s(…) look where the others do, if there is one such place. */
function shareTheOnlyOne(c: Compilation): void {
  const scopes = [...new Set(c.units.map((u) => u.scope))];
  const views = scopes.map((s) => s.cluster).filter((v) => v.kind !== 'none');
  if (views.length !== 1) return;
  for (const scope of scopes) scope.cluster = views[0]!;
}

function view(c: Compilation, unit: Unit, statement: K8sStatement): ClusterView {
  const text = (name: string): { text: string; arg: Arg } | undefined => {
    const arg = statement.args.find((a) => a.key.text === name && !a.key.quoted);
    const value = arg?.value && textOf(c, unit.scope, arg.value);
    return arg && value ? { text: value.text, arg } : undefined;
  };
  const namespace = text('ns')?.text ?? 'default';
  const manifests = text('manifests');
  const context = text('context');
  if (manifests && context) {
    c.error('LB407', context.arg.span, "'context' and 'manifests' exclude each other", { hint: 'manifests= reads the cluster from files, context= asks a live one; keep one', related: [{ message: 'the other is here', span: manifests.arg.span }] });
    return { kind: 'broken', namespace };
  }
  if (!manifests) {
    if (context) c.usesCluster = true;
    const at = context?.arg.span ?? statement.span;
    c.require('a live cluster', 'LB626', 'error', at, 'asking a live cluster is not part of this build', 'read it from files: k8s(manifests="cluster.yaml"), made with kubectl get pods,services,endpointslices,nodes -A -o yaml');
    return { kind: 'live', namespace };
  }
  const read = c.options.host.manifests(manifests.text, unit.source.file);
  if (!read.ok) {
    c.error('LB402', manifests.arg.value!.span, `the manifests ${quoted(manifests.text)} cannot be read: ${read.message}`, { hint: read.hint });
    return { kind: 'broken', namespace };
  }
  return { kind: 'known', cluster: read.value, namespace, file: manifests.text };
}
