/**
 * Errors of the datapath as diagnostics: what was wrong and what to do. The one place that knows what an
 * errno means to a user.
 */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import { suggest } from '../dsl/suggest.ts';
import { DatapathError } from './datapath.ts';
import { interfaceNames } from './interfaces.ts';

function problem(code: string, message: string, hint: string, detail?: string): Diagnostic {
  return { code, severity: 'error', message, hint, ...(detail ? { related: [{ message: detail }] } : {}) };
}

/** Whether an exception is a condition of the machine rather than a defect of ours. */
export function isExpected(error: unknown): error is DatapathError {
  return error instanceof DatapathError;
}

/** No such interface, with the nearest existing name. */
export function noInterface(name: string): Diagnostic {
  const names = interfaceNames();
  const near = suggest(name, names);
  const listed = names.length > 12 ? `${names.slice(0, 12).join(', ')}, …` : names.join(', ');
  return problem('LB501', `there is no interface '${name}'`, near ? `did you mean '${near}'?` : `this network namespace has: ${listed || 'none'}`);
}

export function foreignProgram(doing: string, detail: string | undefined): Diagnostic {
  return problem(
    'LB504',
    `another XDP program is there: could not ${doing}`,
    "see whose it is with 'bpftool net' or 'ip link'; take it off ('ip link set DEV xdp off', or end its owner) and apply again",
    detail,
  );
}

const remake = "the sizes of maps are set when an instance is made: apply, after 'sluice down' where there is one, with";

/** What a failed call of the datapath means. */
export function diagnosticOf(error: DatapathError): Diagnostic {
  const { errno, doing, detail } = error;
  switch (error.reason) {
    case 'libbpf-missing':
      return problem('LB608', `libbpf is not there: could not ${doing}`, 'install it (Debian: apt install libbpf1)', detail);
    case 'libbpf-old':
      return problem('LB609', `libbpf is too old: could not ${doing}`, 'libbpf 1.0 or newer is needed (Debian 12 and later: apt install libbpf1)', detail);
    case 'not-bpffs':
      return problem('LB610', `there is no BPF file system: could not ${doing}`, 'mount it: mount -t bpf bpf /sys/fs/bpf (or name another with --bpffs DIR)', detail);
    case 'foreign-program':
      return foreignProgram(doing, detail);
    case 'locked':
      return problem('LB503', 'another sluice is at work on this instance', 'wait for it to end, then look at the plan again', detail);
    case 'damaged':
      return problem('LB519', `the instance is damaged: could not ${doing}`, "something else changed its pins, or another version of sluice made it: 'sluice down' removes it, then apply again", detail);
    case undefined:
      break;
  }
  switch (errno) {
    case 'EPERM':
    case 'EACCES':
      return problem('LB601', `no privilege to ${doing}`, 'run it as root (sudo sluice …), or with CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON and a bpffs that this user may write', detail);
    case 'ENOSPC':
    case 'E2BIG':
      return problem('LB514', `a map is full: could not ${doing}`, `${remake} e.g. --capacity backends=65536,services=16384`, detail);
    case 'ENOMEM':
      return problem('LB514', `the kernel has no memory to ${doing}`, `free memory, or make the instance smaller; ${remake} e.g. --capacity flows=65536`, detail);
    case 'EINVAL':
    case 'ENOTSUPP':
    case 'EOPNOTSUPP':
      return problem('LB516', `the kernel refused to ${doing} (${errno})`, "'sluice doctor' says which kernel features are there and what needs them", detail);
    default:
      return problem('LB505', `could not ${doing}${errno ? ` (${errno})` : ''}`, "'sluice doctor' says what this machine can do", detail);
  }
}
