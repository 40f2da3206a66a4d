//! What `cranelift-isle` makes of ISLE sources, so that Gantry's own compiler can be compared with it.
//!
//! `trees sources CRATE GEN` writes the generated sources into GEN and prints the units of the codegen crate in CRATE:
//! a line `unit NAME`, then one path a line. `trees dump FILE...` prints rule sets and match trees as text, numbers in
//! decimal and names as written. `trees judge` reads programs (a decimal length, a line end, the text) and answers a
//! line each: `accept`, `reject KIND` or `panic`. `trees time FILE...` prints the milliseconds of a compilation to Rust
//! text, the least of ten.

use anyhow::{Context, bail};
use cranelift_codegen_meta::isle::get_isle_compilations;
use cranelift_isle::error::Error;
use cranelift_isle::files::Files;
use cranelift_isle::sema::{self, TermEnv, TypeEnv};
use cranelift_isle::serialize::{Block, ControlFlow, serialize};
use cranelift_isle::trie_again::{Binding, BindingId, Constraint, RuleSet};
use cranelift_isle::{codegen, compile, lexer, overlap, parser, recursion};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, Read, Write};
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

pub fn run(args: &[String]) -> anyhow::Result<()> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["sources", crate_dir, gen_dir] => sources(Path::new(crate_dir), Path::new(gen_dir)),
        ["dump", files @ ..] => {
            let mut out = String::new();
            let (types, terms, sets) = check(&read(files)?).map_err(|errors| anyhow::anyhow!("{} errors", errors.len()))?;
            for (term, set) in &sets {
                Dump { types: &types, terms: &terms, set, out: &mut out }.term(*term);
            }
            std::io::stdout().write_all(out.as_bytes())?;
            Ok(())
        }
        ["judge"] => judge(),
        ["time", files @ ..] => time(files),
        _ => bail!("usage: peers trees sources CRATE GEN | dump FILE... | judge | time FILE..."),
    }
}

fn sources(crate_dir: &Path, gen_dir: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(gen_dir)?;
    cranelift_codegen_meta::generate_isle(gen_dir).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    for unit in get_isle_compilations(crate_dir, gen_dir).items {
        println!("unit {}", unit.name);
        for path in unit.paths()? {
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn read(files: &[&str]) -> anyhow::Result<Vec<String>> {
    files.iter().map(|f| std::fs::read_to_string(f).with_context(|| f.to_string())).collect()
}

type Checked = (TypeEnv, TermEnv, Vec<(sema::TermId, RuleSet)>);

fn check(texts: &[String]) -> Result<Checked, Vec<Error>> {
    let mut defs = Vec::new();
    for (file, text) in texts.iter().enumerate() {
        let lexer = lexer::Lexer::new(file, text).map_err(|e| vec![e])?;
        defs.append(&mut parser::parse(lexer).map_err(|e| vec![e])?);
    }
    let mut types = TypeEnv::from_ast(&defs)?;
    let terms = TermEnv::from_ast(&mut types, &defs, true)?;
    let sets = overlap::check(&terms)?;
    recursion::check(&sets, &terms)?;
    Ok((types, terms, sets))
}

fn judge() -> anyhow::Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let mut input = std::io::stdin().lock();
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        let mut bytes = vec![0; line.trim().parse()?];
        input.read_exact(&mut bytes)?;
        line.clear();
        let verdict = match String::from_utf8(bytes) {
            Err(_) => "reject Utf8".to_string(),
            Ok(text) => match catch_unwind(|| check(&[text]).map(|_| ()).map_err(|errors| kind(&errors[0]))) {
                Ok(Ok(())) => "accept".to_string(),
                Ok(Err(kind)) => format!("reject {kind}"),
                Err(_) => "panic".to_string(),
            },
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{verdict}")?;
        out.flush()?;
    }
    Ok(())
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::IoError { .. } => "Io",
        Error::ParseError { .. } => "Parse",
        Error::TypeError { .. } => "Type",
        Error::UnreachableError { .. } => "Unreachable",
        Error::OverlapError { .. } => "Overlap",
        Error::RecursionError { .. } => "Recursion",
        Error::ShadowedError { .. } => "Shadowed",
    }
}

fn time(files: &[&str]) -> anyhow::Result<()> {
    let options = codegen::CodegenOptions {
        exclude_global_allow_pragmas: false,
        prefixes: vec![],
        emit_logging: false,
        split_match_arms: false,
        match_arm_split_threshold: None,
    };
    let mut best = f64::INFINITY;
    for _ in 0..10 {
        let start = Instant::now();
        let files = Arc::new(Files::from_paths(files, &options.prefixes).map_err(|(path, e)| anyhow::anyhow!("{path:?}: {e}"))?);
        let mut defs = Vec::new();
        for (file, text) in files.file_texts.iter().enumerate() {
            let lexer = lexer::Lexer::new(file, text).map_err(|e| anyhow::anyhow!("{e:?}"))?;
            defs.append(&mut parser::parse(lexer).map_err(|e| anyhow::anyhow!("{e:?}"))?);
        }
        compile::compile(files, &defs, &options).map_err(|e| anyhow::anyhow!("{e:?}"))?;
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    println!("{best:.1}");
    Ok(())
}

struct Dump<'a> {
    types: &'a TypeEnv,
    terms: &'a TermEnv,
    set: &'a RuleSet,
    out: &'a mut String,
}

impl Dump<'_> {
    fn term(&mut self, term: sema::TermId) {
        let name = self.term_name(term).to_string();
        self.line(0, &format!("term {name} {} {}", self.set.bindings.len(), self.set.rules.len()));
        for (id, binding) in self.set.bindings.iter().enumerate() {
            let text = self.binding(binding);
            self.line(1, &format!("v{id} {text}"));
        }
        for k in 0..self.set.rules.len() {
            self.rule(k);
        }
        let tree = serialize(self.set);
        self.block(&tree, 1);
    }

    fn line(&mut self, depth: usize, text: &str) {
        writeln!(self.out, "{:depth$}{text}", "").unwrap();
    }

    fn sym(&self, sym: sema::Sym) -> &str {
        &self.types.syms[sym.index()]
    }

    fn type_name(&self, ty: sema::TypeId) -> &str {
        self.types.types[ty.index()].name(self.types)
    }

    fn term_name(&self, term: sema::TermId) -> &str {
        self.sym(self.terms.terms[term.index()].name)
    }

    fn int(&self, val: i128, ty: sema::TypeId) -> String {
        let held = match self.type_name(ty) {
            "u8" => val as u8 as i128,
            "i8" => val as i8 as i128,
            "u16" => val as u16 as i128,
            "i16" => val as i16 as i128,
            "u32" => val as u32 as i128,
            "i32" => val as i32 as i128,
            "u64" | "usize" => val as u64 as i128,
            "i64" | "isize" => val as i64 as i128,
            "u128" => return (val as u128).to_string(),
            _ => val,
        };
        held.to_string()
    }

    fn binding(&self, binding: &Binding) -> String {
        let list = |ids: &[BindingId]| ids.iter().map(|id| format!(" v{}", id.index())).collect::<String>();
        match binding {
            Binding::ConstBool { val, .. } => format!("bool {val}"),
            Binding::ConstInt { val, ty } => format!("int {} {}", self.int(*val, *ty), self.type_name(*ty)),
            Binding::ConstPrim { val } => format!("const {}", self.sym(*val)),
            Binding::Argument { index } => format!("argument {}", index.index()),
            Binding::Extractor { term, parameter } => format!("extractor {} v{}", self.term_name(*term), parameter.index()),
            Binding::Constructor { term, parameters, instance } => {
                format!("constructor {} #{instance}{}", self.term_name(*term), list(parameters))
            }
            Binding::Iterator { source } => format!("iterator v{}", source.index()),
            Binding::MakeVariant { ty, variant, fields } => {
                format!("make-variant {} {}{}", self.type_name(*ty), variant.index(), list(fields))
            }
            Binding::MatchVariant { source, variant, field } => {
                format!("match-variant v{} {} {}", source.index(), variant.index(), field.index())
            }
            Binding::MakeStruct { ty, fields } => format!("make-struct {}{}", self.type_name(*ty), list(fields)),
            Binding::ExtractStruct { source, field } => format!("extract-struct v{} {}", source.index(), field.index()),
            Binding::MakeSome { inner } => format!("make-some v{}", inner.index()),
            Binding::MatchSome { source } => format!("match-some v{}", source.index()),
            Binding::MatchTuple { source, field } => format!("match-tuple v{} {}", source.index(), field.index()),
        }
    }

    fn constraint(&self, constraint: &Constraint) -> String {
        match constraint {
            Constraint::Variant { ty, variant, .. } => format!("variant {} {}", self.type_name(*ty), variant.index()),
            Constraint::Struct { ty, .. } => format!("struct {}", self.type_name(*ty)),
            Constraint::ConstBool { val, .. } => format!("bool {val}"),
            Constraint::ConstInt { val, ty } => format!("int {} {}", self.int(*val, *ty), self.type_name(*ty)),
            Constraint::ConstPrim { val } => format!("const {}", self.sym(*val)),
            Constraint::Some => "some".to_string(),
        }
    }

    fn rule(&mut self, k: usize) {
        let rule = &self.set.rules[k];
        let mut text = format!("rule {}:{} priority {} result v{}", rule.pos.file, rule.pos.offset, rule.prio, rule.result.index());
        let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut iterators = String::new();
        for (id, binding) in self.set.bindings.iter().enumerate() {
            let binding_id = self.set.find_binding(binding).unwrap();
            if let Some(constraint) = rule.get_constraint(binding_id) {
                write!(text, "; v{id} {}", self.constraint(&constraint)).unwrap();
            }
            if let Some(root) = rule.equals.find(binding_id) {
                classes.entry(root.index()).or_default().push(id);
            }
            if rule.iterators.contains(&binding_id) {
                write!(iterators, " v{id}").unwrap();
            }
        }
        let mut classes: Vec<Vec<usize>> = classes.into_values().collect();
        classes.sort();
        for class in classes {
            write!(text, "; equal{}", class.iter().map(|id| format!(" v{id}")).collect::<String>()).unwrap();
        }
        if !iterators.is_empty() {
            write!(text, "; iterators{iterators}").unwrap();
        }
        if !rule.impure.is_empty() {
            let list: String = rule.impure.iter().map(|id| format!(" v{}", id.index())).collect();
            write!(text, "; impure{list}").unwrap();
        }
        self.line(1, &text);
    }

    fn block(&mut self, block: &Block, depth: usize) {
        for step in &block.steps {
            if !step.bind_order.is_empty() {
                let list: String = step.bind_order.iter().map(|id| format!(" v{}", id.index())).collect();
                self.line(depth, &format!("bind{list}"));
            }
            match &step.check {
                ControlFlow::Match { source, arms } => {
                    self.line(depth, &format!("match v{}", source.index()));
                    for arm in arms {
                        let fields: String = arm
                            .bindings
                            .iter()
                            .map(|b| b.map_or(" _".to_string(), |id| format!(" v{}", id.index())))
                            .collect();
                        let text = format!("arm {}:{fields}", self.constraint(&arm.constraint));
                        self.line(depth + 1, &text);
                        self.block(&arm.body, depth + 2);
                    }
                }
                ControlFlow::Equal { a, b, body } => {
                    self.line(depth, &format!("equal v{} v{}", a.index(), b.index()));
                    self.block(body, depth + 1);
                }
                ControlFlow::Loop { result, body } => {
                    self.line(depth, &format!("loop v{}", result.index()));
                    self.block(body, depth + 1);
                }
                ControlFlow::Return { pos, result } => {
                    self.line(depth, &format!("return v{} {}:{}", result.index(), pos.file, pos.offset));
                }
            }
        }
    }
}
