export function complete(_text: string, _offset: number): void {}
