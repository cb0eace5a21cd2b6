/** binary-parser 2.3.0 ships its types where ES modules do not find them; this is what is used of it, with the result typed. */
declare module 'binary-parser' {
  // biome-ignore lint/complexity/noBannedTypes: the parser of nothing
  export class Parser<T = {}> {
    uint8<N extends string>(name: N): Parser<T & { readonly [K in N]: number }>;
    int32le<N extends string>(name: N): Parser<T & { readonly [K in N]: number }>;
    buffer<N extends string>(
      name: N,
      options: { readonly length: number },
    ): Parser<T & { readonly [K in N]: Buffer }>;
    parse(bytes: Uint8Array): T;
  }
}
