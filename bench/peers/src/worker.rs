//! Cranelift as a worker that speaks the protocol of `docs/protocol.md`, as far as the bench asks: a hello, and `compile`
//! with output `object` or `code`. One request at a time, one reused context.

use anyhow::{Result, anyhow, bail};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function, Signature, UserFuncName};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_module::{FuncId, Linkage, Module, ModuleReloc, ModuleRelocTarget};
use cranelift_object::{ObjectBuilder, ObjectModule};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};

pub fn serve(_args: &[String]) -> Result<()> {
    let mut input = std::io::stdin().lock();
    let mut output = std::io::stdout().lock();
    let hello = json!({"type": "hello", "protocol": 1, "version": "cranelift", "targets": ["x86_64"]});
    write_frame(&mut output, &hello, &[])?;
    let mut context = Context::new();
    while let Some((header, payload)) = read_frame(&mut input)? {
        let id = header["id"].clone();
        match answer(&mut context, &header, &payload) {
            Ok((mut fields, bytes)) => {
                fields["id"] = id;
                fields["ok"] = json!(true);
                write_frame(&mut output, &fields, &bytes)?;
            }
            Err(e) => {
                let error = json!({"code": "WORK0004", "message": format!("{e:#}")});
                write_frame(&mut output, &json!({"id": id, "ok": false, "error": error}), &[])?;
            }
        }
    }
    Ok(())
}

fn write_frame(output: &mut impl Write, header: &Value, payload: &[u8]) -> Result<()> {
    let text = header.to_string();
    let mut frame = Vec::with_capacity(8 + text.len() + payload.len());
    frame.extend(((4 + text.len() + payload.len()) as u32).to_le_bytes());
    frame.extend((text.len() as u32).to_le_bytes());
    frame.extend(text.as_bytes());
    frame.extend(payload);
    output.write_all(&frame)?;
    output.flush()?;
    Ok(())
}

fn read_frame(input: &mut impl Read) -> Result<Option<(Value, Vec<u8>)>> {
    let mut lengths = [0; 8];
    match input.read_exact(&mut lengths) {
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let word = |at: usize| u32::from_le_bytes(lengths[at..at + 4].try_into().unwrap()) as usize;
    let mut body = vec![0; word(0) - 4];
    input.read_exact(&mut body)?;
    let payload = body.split_off(word(4));
    Ok(Some((serde_json::from_slice(&body)?, payload)))
}

fn target_isa() -> Result<OwnedTargetIsa> {
    let mut flags = settings::builder();
    flags.set("enable_verifier", "false")?;
    flags.set("is_pic", "true")?;
    Ok(isa::lookup_by_name("x86_64-unknown-linux-gnu")?.finish(settings::Flags::new(flags))?)
}

fn answer(context: &mut Context, header: &Value, payload: &[u8]) -> Result<(Value, Vec<u8>)> {
    if header["type"] != "compile" {
        bail!("this worker only compiles");
    }
    let functions = cranelift_reader::parse_functions(std::str::from_utf8(payload)?)?;
    let isa = target_isa()?;
    let mut object = match header["output"].as_str().unwrap_or("object") {
        "object" => Some(ObjectModule::new(ObjectBuilder::new(
            target_isa()?,
            "request",
            cranelift_module::default_libcall_names(),
        )?)),
        _ => None,
    };
    let mut rows = Vec::new();
    let mut bytes = Vec::new();
    for function in functions {
        context.clear();
        context.func = function;
        let code = context
            .compile(&*isa, &mut ControlPlane::default())
            .map_err(|e| anyhow!("{:?}", e.inner))?
            .clone();
        let name = symbol(&context.func.name);
        match &mut object {
            Some(module) => define(module, &context.func, &name, &code)?,
            None => {
                let relocations: Vec<Value> = code
                    .buffer
                    .relocs()
                    .iter()
                    .map(|r| json!({"offset": r.offset, "kind": format!("{:?}", r.kind), "addend": r.addend}))
                    .collect();
                rows.push(json!({"name": name, "offset": bytes.len(), "length": code.code_buffer().len(),
                    "relocations": relocations}));
                bytes.extend(code.code_buffer());
            }
        }
    }
    if let Some(module) = object {
        bytes = module.finish().emit()?;
    }
    Ok((json!({"functions": rows, "cached": 0}), bytes))
}

fn symbol(name: &UserFuncName) -> String {
    match name {
        UserFuncName::User(n) => format!("u{}_{}", n.namespace, n.index),
        UserFuncName::Testcase(n) => n.to_string().trim_start_matches('%').to_owned(),
    }
}

/// Puts compiled code into the object; what it refers to is declared as an import.
fn define(
    module: &mut ObjectModule,
    function: &Function,
    name: &str,
    code: &cranelift_codegen::CompiledCode,
) -> Result<()> {
    let empty = Signature::new(module.isa().default_call_conv());
    let id = module.declare_function(name, Linkage::Export, &function.signature)?;
    let mut relocations = Vec::new();
    for r in code.buffer.relocs() {
        let target = match &r.target {
            cranelift_codegen::FinalizedRelocTarget::ExternalName(ExternalName::User(n)) => {
                let n = &function.params.user_named_funcs()[*n];
                import(module, &format!("u{}_{}", n.namespace, n.index), &empty)?
            }
            cranelift_codegen::FinalizedRelocTarget::ExternalName(ExternalName::TestCase(n)) => {
                import(module, n.to_string().trim_start_matches('%'), &empty)?
            }
            cranelift_codegen::FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => {
                ModuleRelocTarget::LibCall(*call)
            }
            other => bail!("{other:?} has no symbol"),
        };
        relocations.push(ModuleReloc {
            offset: r.offset,
            kind: r.kind,
            name: target,
            addend: r.addend,
        });
    }
    module.define_function_bytes(id, 16, code.code_buffer(), &relocations)?;
    Ok(())
}

fn import(module: &mut ObjectModule, name: &str, empty: &Signature) -> Result<ModuleRelocTarget> {
    let id: FuncId = match module.get_name(name) {
        Some(cranelift_module::FuncOrDataId::Func(id)) => id,
        _ => module.declare_function(name, Linkage::Import, empty)?,
    };
    Ok(id.into())
}
