/** Programs of a few instructions, by which a kernel is asked what it can do. */

/** [opcode, destination, source, offset, immediate] as in Linux, Documentation/bpf/standardization. */
type Instruction = number[];

export function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [i, [opcode, destination, source, offset, immediate]] of instructions.entries()) {
    view.setUint8(i * 8, opcode!);
    view.setUint8(i * 8 + 1, destination! | source! << 4);
    view.setInt16(i * 8 + 2, offset!, true);
    view.setInt32(i * 8 + 4, immediate!, true);
  }
  return bytes;
}

const moveImmediate = 0xb7, moveRegister = 0xbf, addImmediate = 0x07, storeWord = 0x62, storeByte = 0x72, storeDouble = 0x7a, exit = 0x95;
export const call = 0x85;
const frame = 10;

/** XDP_PASS for every packet. */
export const passAll: readonly Instruction[] = [
  [moveImmediate, 0, 0, 0, 2],
  [exit, 0, 0, 0, 0],
];

const parameters = 64;
const fibLookup = 69, sourceFlag = 1 << 4, ipv4 = 2, loopback = 1;

/** Returns what bpf_fib_lookup returns for an IPv4 look-up on the loopback that asks for a source address. */
export const fibLookupSource: readonly Instruction[] = [
  ...Array.from({ length: parameters / 8 }, (_, i): Instruction => [storeDouble, frame, 0, i * 8 - parameters, 0]),
  [storeByte, frame, 0, -parameters, ipv4],
  [storeWord, frame, 0, 8 - parameters, loopback],
  [moveRegister, 2, frame, 0, 0],
  [addImmediate, 2, 0, 0, -parameters],
  [moveImmediate, 3, 0, 0, parameters],
  [moveImmediate, 4, 0, 0, sourceFlag],
  [call, 0, 0, 0, fibLookup],
  [exit, 0, 0, 0, 0],
];
