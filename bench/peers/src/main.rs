//! Other code generators behind one binary, so that `pnpm bench` can measure them in the same run as Gantry.
//!
//! One module is one subcommand: add `mod NAME;` and a row in `SUBCOMMANDS`.

mod clock;
mod compile;
mod kernels;
mod lines;
mod regalloc;
mod trees;
mod worker;

use std::process::ExitCode;

type Subcommand = fn(&[String]) -> anyhow::Result<()>;

const SUBCOMMANDS: &[(&str, &str, Subcommand)] = &[
    (
        "compile",
        "compile CLIF with Cranelift: requests on stdin, answers on stdout",
        compile::serve,
    ),
    (
        "kernels",
        "run CLIF with cranelift-jit: requests on stdin, answers on stdout",
        kernels::serve,
    ),
    (
        "regalloc",
        "regalloc2 on problems in Gantry's text form: requests on stdin, answers on stdout",
        regalloc::serve,
    ),
    (
        "trees",
        "what cranelift-isle makes of ISLE: rule sets, match trees, verdicts, times",
        trees::run,
    ),
    (
        "worker",
        "Cranelift behind the protocol of gantry worker",
        worker::serve,
    ),
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((_, _, run)) = args
        .first()
        .and_then(|name| SUBCOMMANDS.iter().find(|(known, _, _)| known == name))
    else {
        eprintln!("usage: peers SUBCOMMAND");
        for (name, help, _) in SUBCOMMANDS {
            eprintln!("  {name:10} {help}");
        }
        return ExitCode::from(2);
    };
    match run(&args[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error:#}");
            ExitCode::FAILURE
        }
    }
}
