//! Programs in CLIF, compiled by `cranelift-jit` and run, as a line server. The bench sends the same requests to Gantry.
//!
//! ```text
//! load PATH OPT ALGORITHM [SETTING...] -> ok BYTES-OF-CODE        (the file's function %kernel becomes the one to run)
//! run N                                -> ok CHECKSUM WALL-NS CPU-NS
//! ```

use crate::clock::Clock;
use crate::lines;
use anyhow::{Context as _, Result, anyhow, bail};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{ExternalName, Function, UserExternalName};
use cranelift_codegen::isa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, default_libcall_names};
use std::alloc::{Layout, alloc_zeroed};
use std::collections::HashMap;

type Kernel = extern "C" fn(*mut u8, i64) -> i64;

/// The memory that kernels work in, as large as Gantry's.
const BUFFER: usize = 32 << 20;

struct Server {
    buffer: *mut u8,
    /// Owns the code of `kernel`.
    module: Option<JITModule>,
    kernel: Option<Kernel>,
}

pub fn serve(_args: &[String]) -> Result<()> {
    // SAFETY: the size is not zero.
    let buffer = unsafe { alloc_zeroed(Layout::from_size_align(BUFFER, 4096)?) };
    let server = Server {
        buffer,
        module: None,
        kernel: None,
    };
    lines::serve(server, &[("load", Server::load), ("run", Server::run)])
}

impl Server {
    fn load(&mut self, words: &str) -> Result<String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let [path, opt_level, algorithm, ref extra @ ..] = words[..] else {
            bail!("load PATH OPT ALGORITHM [SETTING...]");
        };
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let mut functions = cranelift_reader::parse_functions(&text)?;
        let mut module = module(opt_level, algorithm, extra)?;
        let mut ids = HashMap::new();
        for function in &functions {
            let name = function.name.to_string();
            let id = module.declare_function(&name, Linkage::Local, &function.signature)?;
            ids.insert(name, id);
        }
        let mut bytes = 0;
        let mut context = Context::new();
        for function in &mut functions {
            let id = ids[&function.name.to_string()];
            name_callees(function, &ids)?;
            context.clear();
            context.func = function.clone();
            module.define_function(id, &mut context)?;
            bytes += context
                .compiled_code()
                .map_or(0, |code| code.code_buffer().len());
        }
        module.finalize_definitions()?;
        let entry = *ids.get("%kernel").context("there is no %kernel")?;
        let code = module.get_finalized_function(entry);
        // SAFETY: kernels have this signature by convention, and the module lives as long as the pointer.
        self.kernel = Some(unsafe { std::mem::transmute::<*const u8, Kernel>(code) });
        self.module = Some(module);
        Ok(bytes.to_string())
    }

    fn run(&mut self, n: &str) -> Result<String> {
        let kernel = self.kernel.context("nothing is loaded")?;
        let n = n.trim().parse()?;
        let clock = Clock::start();
        let checksum = kernel(self.buffer, n);
        let spent = clock.stop();
        Ok(format!("{checksum} {} {}", spent.wall, spent.cpu))
    }
}

/// The baseline of x86-64 and whatever features `extra` names; the machine is not asked, so that both sides agree.
fn module(opt_level: &str, algorithm: &str, extra: &[&str]) -> Result<JITModule> {
    let mut flags = settings::builder();
    flags.set("enable_verifier", "false")?;
    flags.set("opt_level", opt_level)?;
    flags.set("regalloc_algorithm", algorithm)?;
    flags.set("is_pic", "false")?;
    let mut target = isa::lookup_by_name("x86_64").map_err(|e| anyhow!("x86_64: {e}"))?;
    for setting in extra {
        target.enable(setting)?;
    }
    let isa = target.finish(settings::Flags::new(flags))?;
    Ok(JITModule::new(JITBuilder::with_isa(
        isa,
        default_libcall_names(),
    )))
}

/// Modules know functions by number, texts by name.
fn name_callees(function: &mut Function, ids: &HashMap<String, FuncId>) -> Result<()> {
    let callees: Vec<_> = function.dfg.ext_funcs.keys().collect();
    for callee in callees {
        let ExternalName::TestCase(_) = function.dfg.ext_funcs[callee].name else {
            continue;
        };
        let name = function.dfg.ext_funcs[callee]
            .name
            .display(None)
            .to_string();
        let id = ids
            .get(&name)
            .with_context(|| format!("{name} is not in the file"))?;
        let user = UserExternalName::new(0, id.as_u32());
        let user = function.declare_imported_user_function(user);
        function.dfg.ext_funcs[callee].name = ExternalName::user(user);
    }
    Ok(())
}
