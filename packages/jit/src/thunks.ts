/**
 * The JIT's native part: CLIF, compiled by the compiler that it serves. Names that begin with `__gantry_` are ours.
 *
 * A call from JavaScript goes: N-API callback (the runtime's `call` or a thunk of the signature) -> `__gantry_enter`
 * (from the target: saves registers and stack pointer) -> trampoline of the signature -> the function. Between
 * `enter` and the function, arguments and results travel through a buffer: the trampoline's address, the function's
 * address, then a slot of 16 bytes, or a multiple, for each argument; results overwrite the arguments. When the function traps, the
 * signal handler makes `enter` return 1.
 */
import { F32, F64, I8, I16, I32, I64, type Type, typeName } from "@gantry/clif-ir";
import type { JitSupport } from "@gantry/codegen-core";
import { type Signature, SLOT_BYTES, SLOTS_AT } from "./signature.ts";

/** Fields of the runtime's state, which every image knows by its address. */
export const State = { frame: 0, images: 8, pc: 16, address: 24, stack: 32, signal: 40, bytes: 48 } as const;

/** An entry of the list of images: next, start and size of the code. */
export const ImageNode = { next: 0, start: 8, size: 16, bytes: 24 } as const;

/** Signals that generated code can raise, with their Linux numbers (the same on all our machines). */
export const SIGNALS: ReadonlyMap<number, string> = new Map([
  [4, "SIGILL"],
  [5, "SIGTRAP"],
  [7, "SIGBUS"],
  [8, "SIGFPE"],
  [11, "SIGSEGV"],
]);

/** Stack for signal handlers: generated code may have used up its own. */
export const ALT_STACK_BYTES = 65536;

/** Greatest number of arguments of a direct thunk; beyond it calls go through a buffer. */
const MAX_DIRECT_ARGS = 16;

const DIRECT = new Set<Type>([I8, I16, I32, I64, F32, F64]);

/** Whether a signature has a thunk of its own: its values are JavaScript numbers and bigints. */
export function isDirect(signature: Signature): boolean {
  return (
    signature.params.length <= MAX_DIRECT_ARGS &&
    signature.returns.length <= 1 &&
    signature.params.every((t) => DIRECT.has(t)) &&
    signature.returns.every((t) => DIRECT.has(t)) &&
    !/vmctx|sret|sarg/.test(signature.text)
  );
}

/** `name(buffer)`: calls the function whose address is in the buffer, which has `signature`. */
export function trampoline(name: string, signature: Signature): string {
  const lines: string[] = [];
  const args: string[] = [];
  signature.params.forEach((type, k) => {
    args.push(`v${10 + k}`);
    lines.push(`v${10 + k} = load.${typeName(type)} notrap v0+${signature.paramSlots[k]}`);
  });
  const results = signature.returns.map((_, k) => `v${10 + args.length + k}`);
  const assign = results.length === 0 ? "" : `${results.join(", ")} = `;
  lines.push(`${assign}call_indirect sig0, v1(${args.join(", ")})`);
  results.forEach((r, k) => {
    lines.push(`store notrap ${r}, v0+${signature.returnSlots[k]}`);
  });
  return `function %${name}(i64) system_v {
    sig0 = ${signature.text}
block0(v0: i64):
    v1 = load.i64 notrap v0+8
    ${lines.join("\n    ")}
    return
}
`;
}

/**
 * The N-API callback of all functions with a direct `signature`; the callback's data is the function's address.
 * Returns the result, undefined for none, null if the function trapped, false if an argument cannot be converted.
 */
export function directThunk(name: string, trampolineName: string, signature: Signature): string {
  const n = signature.params.length;
  const bufferBytes = SLOTS_AT + SLOT_BYTES * Math.max(1, n);
  const lines: string[] = [];
  let value = 100;
  let block = 10;
  const fresh = () => `v${value++}`;
  signature.params.forEach((type, k) => {
    const arg = fresh();
    lines.push(`${arg} = load.i64 notrap v11+${8 * k}`);
    const slot = `v12+${SLOTS_AT + k * SLOT_BYTES}`;
    if (type === F32 || type === F64) {
      const status = fresh();
      const next = `block${block++}`;
      lines.push(`${status} = call fn1(v0, ${arg}, v13)`, `brif ${status}, block2, ${next}`, `${next}:`);
      const x = fresh();
      lines.push(`${x} = load.f64 notrap v13`);
      if (type === F64) lines.push(`store notrap ${x}, ${slot}`);
      else {
        const narrow = fresh();
        lines.push(`${narrow} = fdemote.f32 ${x}`, `store notrap ${narrow}, ${slot}`);
      }
      return;
    }
    // Numbers first for narrow integers, bigints first for i64; the other kind is accepted too.
    const wide = type === I64;
    const [status, second, x] = [fresh(), fresh(), fresh()];
    const [other, ready] = [`block${block++}`, `block${block++}`];
    const asBigInt = `call fn3(v0, ${arg}, v13, v14)`;
    const asNumber = `call fn2(v0, ${arg}, v13)`;
    lines.push(
      `${status} = ${wide ? asBigInt : asNumber}`,
      `brif ${status}, ${other}, ${ready}`,
      `${other}:`,
    );
    lines.push(`${second} = ${wide ? asNumber : asBigInt}`, `brif ${second}, block2, ${ready}`, `${ready}:`);
    lines.push(`${x} = load.i64 notrap v13`);
    if (wide) lines.push(`store notrap ${x}, ${slot}`);
    else {
      const narrow = fresh();
      lines.push(`${narrow} = ireduce.${typeName(type)} ${x}`, `store notrap ${narrow}, ${slot}`);
    }
  });
  return `function %${name}(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 8, align = 8
    ss1 = explicit_slot ${8 * Math.max(1, n)}, align = 8
    ss2 = explicit_slot ${bufferBytes}, align = 16
    ss3 = explicit_slot 16, align = 8
    gv0 = symbol %__gantry_state
    fn0 = %napi_get_cb_info(i64, i64, i64, i64, i64, i64) -> i32 system_v
    fn1 = %napi_get_value_double(i64, i64, i64) -> i32 system_v
    fn2 = %napi_get_value_int64(i64, i64, i64) -> i32 system_v
    fn3 = %napi_get_value_bigint_int64(i64, i64, i64, i64) -> i32 system_v
    fn4 = %__gantry_enter(i64, i64, i64) -> i32 system_v
    fn5 = colocated %${trampolineName}(i64) system_v
    fn6 = %napi_create_int32(i64, i32, i64) -> i32 system_v
    fn7 = %napi_create_bigint_int64(i64, i64, i64) -> i32 system_v
    fn8 = %napi_create_double(i64, f64, i64) -> i32 system_v
    fn9 = %napi_get_null(i64, i64) -> i32 system_v
    fn10 = %napi_get_boolean(i64, i32, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v10 = stack_addr.i64 ss0
    v11 = stack_addr.i64 ss1
    v12 = stack_addr.i64 ss2
    v13 = stack_addr.i64 ss3
    v14 = stack_addr.i64 ss3+8
    v15 = iconst.i64 ${n}
    v16 = iconst.i64 0
    store notrap v15, v10
    v17 = stack_addr.i64 ss2+8
    v18 = call fn0(v0, v1, v10, v11, v16, v17)
    ${lines.join("\n    ")}
    v20 = func_addr.i64 fn5
    store notrap v20, v12
    v21 = symbol_value.i64 gv0
    v22 = call fn4(v21, v20, v12)
    brif v22, block1, block3
block1:
    v30 = call fn9(v0, v13)
    v31 = load.i64 notrap v13
    return v31
block2:
    v32 = iconst.i32 0
    v33 = call fn10(v0, v32, v13)
    v34 = load.i64 notrap v13
    return v34
block3:
    ${directResult(signature.returns[0])}
}
`;
}

function directResult(type: Type | undefined): string {
  const load = (t: string) => `v40 = load.${t} notrap v12+${SLOTS_AT}`;
  const end = "v43 = load.i64 notrap v13\n    return v43";
  switch (type) {
    case undefined:
      return "return v16";
    case I8:
    case I16:
      return `${load(typeName(type))}\n    v41 = sextend.i32 v40\n    v42 = call fn6(v0, v41, v13)\n    ${end}`;
    case I32:
      return `${load("i32")}\n    v42 = call fn6(v0, v40, v13)\n    ${end}`;
    case I64:
      return `${load("i64")}\n    v42 = call fn7(v0, v40, v13)\n    ${end}`;
    case F32:
      return `${load("f32")}\n    v41 = fpromote.f64 v40\n    v42 = call fn8(v0, v41, v13)\n    ${end}`;
    default:
      return `${load("f64")}\n    v42 = call fn8(v0, v40, v13)\n    ${end}`;
  }
}

/** What an image of functions says when it is loaded: the address of its entry in the list of images, as a bigint. */
export const imageEntry = `function %napi_register_module_v1(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 8, align = 8
    gv0 = symbol colocated %__gantry_image
    fn0 = %napi_create_bigint_uint64(i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = symbol_value.i64 gv0
    v3 = stack_addr.i64 ss0
    v4 = call fn0(v0, v2, v3)
    v5 = load.i64 notrap v3
    return v5
}
`;

/** Functions of the runtime that JavaScript sees. */
export const RUNTIME_EXPORTS = ["call", "bind", "read", "write", "unload", "state_address"] as const;

/** The runtime image: entry and exit of generated code, and the signal handler. One for each thread. */
export function runtime(support: JitSupport): string {
  const { sigaction, stackT } = support;
  const exported = RUNTIME_EXPORTS.map(
    (_, k) => `    v${100 + 3 * k} = symbol_value.i64 gv${10 + k}
    v${101 + 3 * k} = func_addr.i64 fn${10 + k}
    call fn2(v0, v1, v${100 + 3 * k}, v${101 + 3 * k})`,
  ).join("\n");
  const exportedDecls = RUNTIME_EXPORTS.map(
    (name, k) => `    gv${10 + k} = symbol colocated %__gantry_name_${name}
    fn${10 + k} = colocated %__gantry_${name}(i64, i64) -> i64 system_v`,
  ).join("\n");
  const installs = [...SIGNALS.keys()]
    .map((n, k) => `    v${50 + k} = iconst.i32 ${n}\n    call fn1(v${50 + k})`)
    .join("\n");
  return `
; The handler of every signal in SIGNALS. A fault of generated code (sent by the kernel while a call is active, program
; counter in an image) is recorded, and control goes to the second entry of __gantry_enter with the stack it left.
; Anything else is somebody else's.
function %__gantry_handler(i32, i64, i64) system_v {
    gv0 = symbol colocated %__gantry_state
    fn0 = colocated %__gantry_enter(i64, i64, i64) -> i32 system_v
    fn1 = colocated %__gantry_chain(i32, i64, i64) system_v
block0(v0: i32, v1: i64, v2: i64):
    v3 = symbol_value.i64 gv0
    v4 = load.i64 notrap v3+${State.frame}
    brif v4, block1, block9
block1:
    v5 = load.i32 notrap v1+8 ; si_code: positive if the kernel found the fault
    v6 = iconst.i32 0
    v7 = icmp sgt v5, v6
    brif v7, block2, block9
block2:
    v8 = load.i64 notrap v2+${support.contextPc}
    v9 = load.i64 notrap v3+${State.images}
    jump block3(v9)
block3(v10: i64):
    brif v10, block4, block9
block4:
    v11 = load.i64 notrap v10+${ImageNode.start}
    v12 = load.i64 notrap v10+${ImageNode.size}
    v13 = isub v8, v11
    v14 = icmp ule v13, v12
    v15 = load.i64 notrap v10+${ImageNode.next}
    brif v14, block5, block3(v15)
block5:
    v16 = load.i64 notrap v1+16 ; si_addr
    v17 = load.i64 notrap v2+${support.contextSp}
    store notrap v8, v3+${State.pc}
    store notrap v16, v3+${State.address}
    store notrap v17, v3+${State.stack}
    v18 = uextend.i64 v0
    store notrap v18, v3+${State.signal}
    v19 = func_addr.i64 fn0
    v21 = iconst.i64 ${support.recoverAt}
    v20 = iadd v19, v21
    store notrap v20, v2+${support.contextPc}
    store notrap v4, v2+${support.contextSp}
    return
block9:
    call fn1(v0, v1, v2)
    return
}

; Hands a signal to the handler that was there before ours; the default action is put back and the signal raised
; again, so that the process ends as it would have.
function %__gantry_chain(i32, i64, i64) system_v {
    gv0 = symbol colocated %__gantry_old
    sig0 = (i32, i64, i64) system_v
    fn0 = %sigaction(i32, i64, i64) -> i32 system_v
    fn1 = %raise(i32) -> i32 system_v
block0(v0: i32, v1: i64, v2: i64):
    v3 = symbol_value.i64 gv0
    v4 = uextend.i64 v0
    v13 = iconst.i64 ${sigaction.bytes}
    v5 = imul v4, v13
    v6 = iadd v3, v5
    v7 = load.i64 notrap v6+${sigaction.handlerAt}
    v8 = iconst.i64 1 ; SIG_DFL is 0, SIG_IGN 1
    v9 = icmp ugt v7, v8
    brif v9, block1, block2
block1:
    call_indirect sig0, v7(v0, v1, v2)
    return
block2:
    v10 = iconst.i64 0
    store notrap v10, v6+${sigaction.handlerAt}
    v11 = call fn0(v0, v6, v10)
    v12 = call fn1(v0)
    return
}

; Installs the handler for one signal.
function %__gantry_install(i32) system_v {
    ss0 = explicit_slot ${sigaction.bytes}, align = 8
    gv0 = symbol colocated %__gantry_old
    fn0 = %memset(i64, i32, i64) -> i64 system_v
    fn1 = %sigaction(i32, i64, i64) -> i32 system_v
    fn2 = colocated %__gantry_handler(i32, i64, i64) system_v
block0(v0: i32):
    v1 = stack_addr.i64 ss0
    v2 = iconst.i32 0
    v3 = iconst.i64 ${sigaction.bytes}
    v4 = call fn0(v1, v2, v3)
    v5 = func_addr.i64 fn2
    store notrap v5, v1+${sigaction.handlerAt}
    v6 = iconst.i32 ${sigaction.flags}
    store notrap v6, v1+${sigaction.flagsAt}
    v7 = symbol_value.i64 gv0
    v8 = uextend.i64 v0
    v9 = imul v8, v3
    v10 = iadd v7, v9
    v11 = call fn1(v0, v1, v10)
    return
}

; Gives this thread a stack for signal handlers, unless it has one.
function %__gantry_stack() system_v {
    ss0 = explicit_slot ${stackT.bytes}, align = 8
    gv0 = symbol colocated %__gantry_alt_stack
    fn0 = %sigaltstack(i64, i64) -> i32 system_v
block0:
    v0 = stack_addr.i64 ss0
    v1 = iconst.i64 0
    v2 = call fn0(v1, v0)
    v3 = load.i32 notrap v0+${stackT.flagsAt}
    v9 = iconst.i32 2 ; SS_DISABLE
    v4 = band v3, v9
    brif v4, block1, block2
block1:
    v5 = symbol_value.i64 gv0
    store notrap v5, v0+${stackT.addressAt}
    v6 = iconst.i32 0
    store notrap v6, v0+${stackT.flagsAt}
    v7 = iconst.i64 ${ALT_STACK_BYTES}
    store notrap v7, v0+${stackT.sizeAt}
    v8 = call fn0(v0, v1)
    return
block2:
    return
}

; exports[name] = function of the callback
function %__gantry_export(i64, i64, i64, i64) system_v {
    ss0 = explicit_slot 8, align = 8
    fn0 = %napi_create_function(i64, i64, i64, i64, i64, i64) -> i32 system_v
    fn1 = %napi_set_named_property(i64, i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64, v2: i64, v3: i64):
    v4 = stack_addr.i64 ss0
    v5 = iconst.i64 0
    v6 = iconst.i64 -1
    v7 = call fn0(v0, v2, v6, v3, v5, v4)
    v8 = load.i64 notrap v4
    v9 = call fn1(v0, v1, v2, v8)
    return
}

function %napi_register_module_v1(i64, i64) -> i64 system_v {
    fn0 = colocated %__gantry_stack() system_v
    fn1 = colocated %__gantry_install(i32) system_v
    fn2 = colocated %__gantry_export(i64, i64, i64, i64) system_v
${exportedDecls}
block0(v0: i64, v1: i64):
    call fn0()
${installs}
${exported}
    return v1
}

; call(buffer: ArrayBuffer) -> 0, or 1 if the function trapped
function %__gantry_call(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    gv0 = symbol colocated %__gantry_state
    fn0 = colocated %__gantry_args(i64, i64, i64, i64) system_v
    fn1 = colocated %__gantry_buffer(i64, i64, i64) -> i64 system_v
    fn2 = colocated %__gantry_enter(i64, i64, i64) -> i32 system_v
    fn3 = %napi_create_int32(i64, i32, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = iconst.i64 1
    call fn0(v0, v1, v3, v2)
    v4 = load.i64 notrap v2
    v5 = call fn1(v0, v4, v2)
    v6 = load.i64 notrap v5
    v7 = symbol_value.i64 gv0
    v8 = call fn2(v7, v6, v5)
    v9 = call fn3(v0, v8, v2)
    v10 = load.i64 notrap v2
    return v10
}

; bind(callback: bigint, data: bigint) -> function
function %__gantry_bind(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    fn0 = colocated %__gantry_args(i64, i64, i64, i64) system_v
    fn1 = colocated %__gantry_bigint(i64, i64) -> i64 system_v
    fn2 = %napi_create_function(i64, i64, i64, i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = iconst.i64 2
    call fn0(v0, v1, v3, v2)
    v4 = load.i64 notrap v2
    v5 = load.i64 notrap v2+8
    v6 = call fn1(v0, v4)
    v7 = call fn1(v0, v5)
    v8 = iconst.i64 0
    v9 = call fn2(v0, v8, v8, v6, v7, v2)
    v10 = load.i64 notrap v2
    return v10
}

; read(address: bigint, buffer: ArrayBuffer): fills the buffer with what is at the address
function %__gantry_read(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    fn0 = colocated %__gantry_args(i64, i64, i64, i64) system_v
    fn1 = colocated %__gantry_bigint(i64, i64) -> i64 system_v
    fn2 = colocated %__gantry_buffer(i64, i64, i64) -> i64 system_v
    fn3 = %memcpy(i64, i64, i64) -> i64 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = iconst.i64 2
    call fn0(v0, v1, v3, v2)
    v4 = load.i64 notrap v2
    v5 = call fn1(v0, v4)
    v6 = load.i64 notrap v2+8
    v7 = call fn2(v0, v6, v2)
    v8 = load.i64 notrap v2
    v9 = call fn3(v7, v5, v8)
    v10 = iconst.i64 0
    return v10
}

; write(address: bigint, buffer: ArrayBuffer): puts the contents of the buffer to the address
function %__gantry_write(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    fn0 = colocated %__gantry_args(i64, i64, i64, i64) system_v
    fn1 = colocated %__gantry_bigint(i64, i64) -> i64 system_v
    fn2 = colocated %__gantry_buffer(i64, i64, i64) -> i64 system_v
    fn3 = %memcpy(i64, i64, i64) -> i64 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = iconst.i64 2
    call fn0(v0, v1, v3, v2)
    v4 = load.i64 notrap v2
    v5 = call fn1(v0, v4)
    v6 = load.i64 notrap v2+8
    v7 = call fn2(v0, v6, v2)
    v8 = load.i64 notrap v2
    v9 = call fn3(v5, v7, v8)
    v10 = iconst.i64 0
    return v10
}

; unload(name: ArrayBuffer): closes an image twice, once for our own dlopen and once for that of process.dlopen
function %__gantry_unload(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    fn0 = colocated %__gantry_args(i64, i64, i64, i64) system_v
    fn1 = colocated %__gantry_buffer(i64, i64, i64) -> i64 system_v
    fn2 = %dlopen(i64, i32) -> i64 system_v
    fn3 = %dlclose(i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = iconst.i64 1
    call fn0(v0, v1, v3, v2)
    v4 = load.i64 notrap v2
    v5 = call fn1(v0, v4, v2)
    v6 = iconst.i32 5 ; RTLD_LAZY | RTLD_NOLOAD
    v7 = call fn2(v5, v6)
    v8 = iconst.i64 0
    brif v7, block1, block2
block1:
    v9 = call fn3(v7)
    v10 = call fn3(v7)
    jump block2
block2:
    return v8
}

; state_address() -> address of the runtime's state, a bigint
function %__gantry_state_address(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 8, align = 8
    gv0 = symbol colocated %__gantry_state
    fn0 = %napi_create_bigint_uint64(i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = symbol_value.i64 gv0
    v3 = stack_addr.i64 ss0
    v4 = call fn0(v0, v2, v3)
    v5 = load.i64 notrap v3
    return v5
}

; Fetches the first arguments of an N-API callback: __gantry_args(env, info, count, where)
function %__gantry_args(i64, i64, i64, i64) system_v {
    ss0 = explicit_slot 8, align = 8
    fn0 = %napi_get_cb_info(i64, i64, i64, i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64, v2: i64, v3: i64):
    v4 = stack_addr.i64 ss0
    store notrap v2, v4
    v5 = iconst.i64 0
    v6 = call fn0(v0, v1, v4, v3, v5, v5)
    return
}

; The value of a bigint
function %__gantry_bigint(i64, i64) -> i64 system_v {
    ss0 = explicit_slot 16, align = 8
    fn0 = %napi_get_value_bigint_uint64(i64, i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64):
    v2 = stack_addr.i64 ss0
    v3 = stack_addr.i64 ss0+8
    v4 = call fn0(v0, v1, v2, v3)
    v5 = load.i64 notrap v2
    return v5
}

; Where the bytes of an ArrayBuffer are; their number goes to where the third argument points
function %__gantry_buffer(i64, i64, i64) -> i64 system_v {
    ss0 = explicit_slot 8, align = 8
    fn0 = %napi_get_arraybuffer_info(i64, i64, i64, i64) -> i32 system_v
block0(v0: i64, v1: i64, v2: i64):
    v3 = stack_addr.i64 ss0
    v4 = call fn0(v0, v1, v3, v2)
    v5 = load.i64 notrap v3
    return v5
}
`;
}
