//! Cranelift as a line server (`lines.rs`).
//!
//! ```text
//! load PATH                       -> ok FUNCTIONS INSTRUCTIONS BYTES-OF-TEXT WALL-NS CPU-NS     (reads the file)
//! compile TARGET OPT ALGORITHM    -> ok FUNCTIONS INSTRUCTIONS BYTES-OF-CODE WALL-NS CPU-NS
//! memory                          -> ok PEAK-BYTES
//! ```

use crate::clock::{Clock, Spent, peak_rss};
use crate::lines::{self, Request};
use anyhow::{Context as _, Result, anyhow, bail};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::Function;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};

struct Server {
    context: Context,
    functions: Vec<Function>,
    instructions: usize,
}

pub fn serve(_args: &[String]) -> Result<()> {
    let server = Server {
        context: Context::new(),
        functions: Vec::new(),
        instructions: 0,
    };
    let requests: &[(_, Request<Server>)] = &[
        ("load", Server::load),
        ("compile", Server::compile),
        ("memory", |_, _| Ok(peak_rss().to_string())),
    ];
    lines::serve(server, requests)
}

impl Server {
    fn load(&mut self, path: &str) -> Result<String> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
        let clock = Clock::start();
        let functions = cranelift_reader::parse_functions(&text)?;
        let spent = clock.stop();
        self.functions = functions;
        self.instructions = self.functions.iter().map(count_instructions).sum();
        Ok(self.report(text.len(), spent))
    }

    fn compile(&mut self, words: &str) -> Result<String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        let [target, opt_level, algorithm] = words[..] else {
            bail!("compile TARGET OPT ALGORITHM");
        };
        let isa = target_isa(target, opt_level, algorithm)?;
        let mut spent = Spent::default();
        let mut bytes = 0;
        for function in &self.functions {
            // Compiling consumes the function; the copy is the bench's business, not Cranelift's.
            self.context.clear();
            self.context.func = function.clone();
            let clock = Clock::start();
            let result = self.context.compile(&*isa, &mut ControlPlane::default());
            spent += clock.stop();
            let code = result.map_err(|e| anyhow!("{}: {:?}", function.name, e.inner))?;
            bytes += code.code_buffer().len();
        }
        Ok(self.report(bytes, spent))
    }

    fn report(&self, bytes: usize, spent: Spent) -> String {
        let Spent { wall, cpu } = spent;
        format!(
            "{} {} {bytes} {wall} {cpu}",
            self.functions.len(),
            self.instructions
        )
    }
}

/// Cranelift's defaults for the target, but for the verifier, which Gantry leaves out as well.
fn target_isa(target: &str, opt_level: &str, algorithm: &str) -> Result<OwnedTargetIsa> {
    let mut flags = settings::builder();
    flags.set("enable_verifier", "false")?;
    flags.set("opt_level", opt_level)?;
    flags.set("regalloc_algorithm", algorithm)?;
    let flags = settings::Flags::new(flags);
    Ok(isa::lookup_by_name(target)
        .map_err(|e| anyhow!("{target}: {e}"))?
        .finish(flags)?)
}

fn count_instructions(function: &Function) -> usize {
    let layout = &function.layout;
    layout
        .blocks()
        .map(|block| layout.block_insts(block).count())
        .sum()
}
