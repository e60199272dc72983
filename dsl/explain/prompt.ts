/** LB65x: the prompt. The examples are what is typed there. */
import type { Explanations } from './explanation.ts';

export const prompt: Explanations = {
  LB650: {
    title: "the prompt's commits have a ruleset of their own",
    text: `
What is committed at the prompt belongs to the ruleset 'repl', so that it neither replaces nor removes what
files own. A statement 'ruleset' would make it somebody else's. So 'load' and 'sluice repl FILE' take files without
one; in a shell, 'sluice apply' takes a file that has one.`,
    language: 'sh',
    wrong: 'ruleset edge-web',
    right: 'sluice apply edge-web.lb',
  },
  LB651: {
    title: 'not something this prompt can do',
    text: `
What stands behind 'help' is no verb, or one that has no use here, as 'send' outside a playground. 'help' alone lists what
this prompt can do.`,
    language: 'sh',
    wrong: 'help comit',
    right: 'help commit',
  },
  LB652: {
    title: 'nothing of that name in the candidate',
    text: `
'delete' takes a statement out of the candidate: the kind of statement and its name. What other rulesets own
is not in the candidate and cannot be deleted here. 'show candidate' prints what can.`,
    language: 'sh',
    wrong: 'delete nginx',
    right: 'delete service nginx',
  },
  LB653: {
    title: 'cannot send that',
    text: `
'send' takes how many requests, from 1 to 10000, and where to: an address and a port, with '/udp' for datagrams.
Both may be left out: ten requests to the playground's VIP.`,
    language: 'sh',
    wrong: 'send many',
    right: 'send 30 10.99.38.155:80',
  },
  LB654: {
    title: 'no playground to send in',
    text: `
Requests are sent from the client of a playground, never from this machine. 'sluice' without a file and without
--instance raises a playground where it has privilege.`,
    language: 'sh',
    wrong: 'sluice repl shop.lb',
    right: 'sudo sluice',
  },
  LB655: {
    title: 'no such code',
    text: `
Codes are 'LB' and three digits, and stand in brackets behind 'error', 'warning' or 'info'.`,
    language: 'sh',
    wrong: 'explain 104',
    right: 'explain LB104',
  },
  LB656: {
    title: 'the candidate could not be saved, or no file was named',
    text: `
'save' writes the formatted candidate into a file, beside it first and then by renaming, so that the file is
never half of one. That needs a folder that exists and that you may write in.`,
    language: 'sh',
    wrong: 'save /no/such/folder/shop.lb',
    right: 'save shop.lb',
  },
  LB657: {
    title: 'the playground could not be raised',
    text: `
The playground is made of network namespaces and veth pairs, by 'ip' (iproute2), 'nsenter' (util-linux) and
'ethtool'. One of them is missing, or the kernel refused it. On Debian: apt install iproute2 util-linux ethtool.`,
    language: 'sh',
    wrong: 'sluice',
    right: 'sudo apt install iproute2 ethtool && sudo sluice',
  },
  LB658: {
    title: 'not a time to watch for',
    text: `
'flows' watches for a while: a whole number and a unit (ms, s, m, h), at most a day. Nothing said is five seconds.`,
    language: 'sh',
    wrong: 'flows for ever',
    right: 'flows for 10s',
  },
};
