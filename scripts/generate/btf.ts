/**
 * A BPF object's types as `bpftool btf dump` reads them, resolved to what the codecs need: structs with
 * their fields, enums with their values, maps with their sizes.
 */
import { execFileSync } from 'node:child_process';

export type FieldType =
  | { readonly kind: 'int'; readonly bytes: 1 | 2 | 4 | 8; readonly bigEndian: boolean }
  | { readonly kind: 'bytes'; readonly length: number };

export interface Field {
  readonly name: string;
  readonly offset: number;
  readonly type: FieldType;
}

export interface Struct {
  readonly name: string;
  readonly size: number;
  readonly fields: readonly Field[];
}

export interface Enum {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}

export interface MapSpec {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  /** Absent for the inner-map pointer of a map of maps, which the kernel sizes. */
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly inner?: Omit<MapSpec, 'name' | 'inner'>;
}

export interface Types {
  struct(name: string): Struct;
  enum(name: string): Enum;
  maps(): readonly MapSpec[];
}

interface RawType {
  readonly id: number;
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly type_id?: number;
  readonly nr_elems?: number;
  readonly members?: readonly { readonly name: string; readonly type_id: number; readonly bits_offset: number }[];
  readonly values?: readonly { readonly name: string; readonly val: number }[];
  readonly vars?: readonly { readonly type_id: number }[];
}

/** Runs bpftool on an object file. */
export function readTypes(object: string): Types {
  const dump = execFileSync('bpftool', ['btf', 'dump', 'file', object, '-j'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return new ObjectTypes(object, (JSON.parse(dump) as { types: RawType[] }).types);
}

class ObjectTypes implements Types {
  private readonly byId: ReadonlyMap<number, RawType>;

  constructor(private readonly object: string, private readonly all: readonly RawType[]) {
    this.byId = new Map(all.map((t) => [t.id, t]));
  }

  struct(name: string): Struct {
    const type = this.named('STRUCT', name);
    let end = 0;
    const fields = type.members!.map((m) => {
      const offset = m.bits_offset / 8;
      if (offset !== end) throw new Error(`${this.object}: struct ${name} has a hole before ${m.name}: declare the padding`);
      end = offset + this.sizeOf(m.type_id);
      return { name: m.name, offset, type: this.fieldType(m.type_id, `${name}.${m.name}`) };
    });
    if (end !== type.size) throw new Error(`${this.object}: struct ${name} ends in a hole: declare the padding`);
    return { name, size: type.size, fields };
  }

  enum(name: string): Enum {
    return { name, values: this.named('ENUM', name).values!.map((v) => ({ name: v.name, value: v.val >>> 0 })) };
  }

  maps(): readonly MapSpec[] {
    return this.named('DATASEC', '.maps').vars!.map(({ type_id }) => {
      const variable = this.type(type_id);
      return { name: variable.name, ...this.mapSpec(this.resolve(variable.type_id!).type) };
    });
  }

  /** A map definition: `__uint` is a pointer to an array of that many, `__type` a pointer to the type. */
  private mapSpec(definition: RawType): Omit<MapSpec, 'name'> {
    const members = new Map(definition.members!.map((m) => [m.name, m.type_id]));
    const number = (name: string): number => {
      const id = members.get(name);
      return id === undefined ? 0 : this.type(this.type(id).type_id!).nr_elems!;
    };
    const size = (name: string): number => {
      const id = members.get(name);
      return id === undefined ? number(`${name}_size`) : this.sizeOf(this.type(id).type_id!);
    };
    const values = members.get('values');
    const inner = values === undefined ? undefined : this.mapSpec(this.type(this.type(this.type(values).type_id!).type_id!));
    return {
      type: number('type'),
      flags: number('map_flags'),
      keySize: size('key'),
      valueSize: inner ? 4 : size('value'),
      maxEntries: number('max_entries'),
      ...(inner ? { inner } : {}),
    };
  }

  private fieldType(id: number, where: string): FieldType {
    const { type, names } = this.resolve(id);
    if (type.kind === 'INT') {
      return { kind: 'int', bytes: type.size as 1 | 2 | 4 | 8, bigEndian: names.some((n) => n.startsWith('__be')) };
    }
    if (type.kind === 'ARRAY' && this.sizeOf(type.type_id!) === 1) return { kind: 'bytes', length: type.nr_elems! };
    throw new Error(`${this.object}: no codec for ${where}, which is ${type.kind} ${type.name}`);
  }

  private sizeOf(id: number): number {
    const { type } = this.resolve(id);
    if (type.kind === 'ARRAY') return type.nr_elems! * this.sizeOf(type.type_id!);
    if (type.size === undefined) throw new Error(`${this.object}: ${type.kind} ${type.name} has no size`);
    return type.size;
  }

  /** Follows typedefs and qualifiers, and keeps the names passed. */
  private resolve(id: number): { type: RawType; names: string[] } {
    const names: string[] = [];
    let type = this.type(id);
    while (['TYPEDEF', 'CONST', 'VOLATILE', 'RESTRICT'].includes(type.kind)) {
      names.push(type.name);
      type = this.type(type.type_id!);
    }
    return { type, names };
  }

  private named(kind: string, name: string): RawType {
    const found = this.all.find((t) => t.kind === kind && t.name === name);
    if (!found) throw new Error(`${this.object}: its BTF has no ${kind.toLowerCase()} ${name}`);
    return found;
  }

  private type(id: number): RawType {
    const found = this.byId.get(id);
    if (!found) throw new Error(`${this.object}: its BTF has no type ${id}`);
    return found;
  }
}
