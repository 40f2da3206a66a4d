//! regalloc2 as a line server over problems in Gantry's text form (`packages/regalloc/src/text.ts` describes it).
//!
//! ```text
//! load PATH             -> ok PROBLEMS INSTRUCTIONS
//! allocate ALGORITHM    -> ok SOLVED EDITS SLOTS WEIGHTED-MOVES WALL-NS CPU-NS      (ion or fastalloc)
//! verdicts ALGORITHM    -> ok WORDS: for each problem its number of edits, or `-` where it finds no solution
//! ```
//! An edit weighs 4 to the power of its block's loop depth.
//!
//! Two things differ on purpose: a register that an instruction both clobbers and defines is taken from the clobbers,
//! as regalloc2 asks, and a fixed stack slot is one location for each class.

use crate::clock::{Clock, Spent};
use crate::lines::{self, Request};
use anyhow::{Context as _, Result, bail};
use regalloc2::{
    Algorithm, Block, Ctx, Function, Inst, InstRange, MachineEnv, Operand, OperandConstraint,
    OperandKind, OperandPos, Output, PReg, PRegSet, RegClass, RegallocOptions, VReg,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

const CLASSES: [RegClass; 3] = [RegClass::Int, RegClass::Float, RegClass::Vector];
/// Where fixed stack slots begin among the registers of a class; Gantry uses at most 32 registers of each.
const FIRST_FIXED_SLOT: usize = 48;
const MAX_FIXED_SLOTS: usize = 16;
/// Loops deeper than this weigh no more.
const MAX_DEPTH: usize = 10;

pub fn serve(_args: &[String]) -> Result<()> {
    std::panic::set_hook(Box::new(|_| {}));
    let requests: &[(_, Request<Vec<Problem>>)] = &[
        ("load", |problems, path| load(path, problems)),
        ("allocate", |problems, name| {
            Ok(allocate(problems, algorithm(name)?))
        }),
        ("verdicts", |problems, name| {
            Ok(verdicts(problems, algorithm(name)?))
        }),
    ];
    lines::serve(Vec::new(), requests)
}

fn algorithm(name: &str) -> Result<Algorithm> {
    match name {
        "ion" => Ok(Algorithm::Ion),
        "fastalloc" => Ok(Algorithm::Fastalloc),
        _ => bail!("no algorithm {name}"),
    }
}

fn load(path: &str, problems: &mut Vec<Problem>) -> Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    *problems = parse(&text)?;
    let insts: usize = problems.iter().map(|p| p.insts.len()).sum();
    Ok(format!("{} {insts}", problems.len()))
}

fn allocate(problems: &[Problem], algorithm: Algorithm) -> String {
    let options = RegallocOptions {
        algorithm,
        ..Default::default()
    };
    let mut ctx = Ctx::default();
    let mut spent = Spent::default();
    let (mut solved, mut edits, mut slots, mut weighted) = (0, 0, 0, 0u64);
    for p in problems {
        let clock = Clock::start();
        let result = solve(p, &options, &mut ctx);
        spent += clock.stop();
        let Some(output) = result else {
            ctx = Ctx::default();
            continue;
        };
        solved += 1;
        edits += output.edits.len();
        slots += output.num_spillslots;
        for (point, _) in &output.edits {
            weighted += p.weights[p.insts[point.inst().index()].block];
        }
    }
    let Spent { wall, cpu } = spent;
    format!("{solved} {edits} {slots} {weighted} {wall} {cpu}")
}

/// An allocation, or nothing where regalloc2 finds none or panics, as it does on constraints that Cranelift never makes.
/// After that the context is of no use.
fn solve<'a>(p: &Problem, options: &RegallocOptions, ctx: &'a mut Ctx) -> Option<&'a Output> {
    let solved = catch_unwind(AssertUnwindSafe(|| {
        regalloc2::run_with_ctx(p, &p.env, options, ctx).is_ok()
    }));
    solved.is_ok_and(|solved| solved).then_some(&ctx.output)
}

fn verdicts(problems: &[Problem], algorithm: Algorithm) -> String {
    let options = RegallocOptions {
        algorithm,
        ..Default::default()
    };
    let words: Vec<String> = problems
        .iter()
        .map(|p| match solve(p, &options, &mut Ctx::default()) {
            Some(output) => output.edits.len().to_string(),
            None => "-".to_string(),
        })
        .collect();
    words.join(" ")
}

struct Instruction {
    block: usize,
    operands: Vec<Operand>,
    clobbers: PRegSet,
    is_branch: bool,
    is_ret: bool,
}

struct Problem {
    env: MachineEnv,
    classes: Vec<RegClass>,
    slot_words: [usize; 3],
    clobber_sets: Vec<PRegSet>,
    insts: Vec<Instruction>,
    ranges: Vec<InstRange>,
    succs: Vec<Vec<Block>>,
    preds: Vec<Vec<Block>>,
    params: Vec<Vec<VReg>>,
    args: Vec<Vec<Vec<VReg>>>,
    depths: Vec<usize>,
    weights: Vec<u64>,
}

impl Function for Problem {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }
    fn num_blocks(&self) -> usize {
        self.ranges.len()
    }
    fn entry_block(&self) -> Block {
        Block::new(0)
    }
    fn block_insns(&self, block: Block) -> InstRange {
        self.ranges[block.index()]
    }
    fn block_succs(&self, block: Block) -> &[Block] {
        &self.succs[block.index()]
    }
    fn block_preds(&self, block: Block) -> &[Block] {
        &self.preds[block.index()]
    }
    fn block_params(&self, block: Block) -> &[VReg] {
        &self.params[block.index()]
    }
    fn is_ret(&self, inst: Inst) -> bool {
        self.insts[inst.index()].is_ret
    }
    fn is_branch(&self, inst: Inst) -> bool {
        self.insts[inst.index()].is_branch
    }
    fn branch_blockparams(&self, block: Block, _inst: Inst, succ: usize) -> &[VReg] {
        &self.args[block.index()][succ]
    }
    fn inst_operands(&self, inst: Inst) -> &[Operand] {
        &self.insts[inst.index()].operands
    }
    fn inst_clobbers(&self, inst: Inst) -> PRegSet {
        self.insts[inst.index()].clobbers
    }
    fn num_vregs(&self) -> usize {
        self.classes.len()
    }
    fn spillslot_size(&self, class: RegClass) -> usize {
        self.slot_words[class as usize]
    }
}

/// Reads all problems of a text. The text comes from Gantry, so what is malformed is reported by line and no more.
fn parse(text: &str) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut open: Option<Problem> = None;
    for (at, line) in text.lines().enumerate() {
        let words: Vec<&str> = line
            .split(';')
            .next()
            .unwrap_or("")
            .split_whitespace()
            .collect();
        if words.is_empty() {
            continue;
        }
        parse_line(&words, &mut open, &mut problems).with_context(|| format!("line {}", at + 1))?;
    }
    Ok(problems)
}

fn parse_line(
    words: &[&str],
    open: &mut Option<Problem>,
    problems: &mut Vec<Problem>,
) -> Result<()> {
    if words[0] == "problem" {
        *open = Some(Problem::empty());
        return Ok(());
    }
    let p = open.as_mut().context("outside of a problem")?;
    match words {
        ["env", rest @ ..] => p.environment(rest)?,
        ["vregs", n] => p.classes = vec![RegClass::Int; n.parse()?],
        ["class", class, bytes, list] => {
            let class = class_of(class)?;
            let words = bytes.parse::<usize>()?.div_ceil(8);
            let size = &mut p.slot_words[class as usize];
            *size = words.max(*size);
            for v in vreg_list(list)? {
                p.classes[v] = class;
            }
        }
        ["remat", ..] | ["label", ..] => {}
        ["clobbers", _, list] => {
            let set = register_set(list)?;
            p.clobber_sets.push(set);
        }
        ["block", _, rest @ ..] => p.block(rest)?,
        ["op" | "br" | "ret", ..] => p.instruction(words)?,
        ["end"] => {
            p.finish();
            problems.extend(open.take());
        }
        _ => bail!("unknown line"),
    }
    Ok(())
}

impl Problem {
    fn empty() -> Problem {
        Problem {
            env: MachineEnv {
                preferred_regs_by_class: [PRegSet::empty(); 3],
                non_preferred_regs_by_class: [PRegSet::empty(); 3],
                scratch_by_class: [None; 3],
                fixed_stack_slots: Vec::new(),
            },
            classes: Vec::new(),
            slot_words: [1; 3],
            clobber_sets: vec![PRegSet::empty()],
            insts: Vec::new(),
            ranges: Vec::new(),
            succs: Vec::new(),
            preds: Vec::new(),
            params: Vec::new(),
            args: Vec::new(),
            depths: Vec::new(),
            weights: Vec::new(),
        }
    }

    fn environment(&mut self, words: &[&str]) -> Result<()> {
        for pair in words.chunks_exact(2) {
            match pair[0] {
                "preferred" => {
                    self.env.preferred_regs_by_class = by_class(register_set(pair[1])?);
                }
                "other" => {
                    self.env.non_preferred_regs_by_class = by_class(register_set(pair[1])?);
                }
                "slots" => {
                    let n: usize = pair[1].parse()?;
                    if n > MAX_FIXED_SLOTS {
                        bail!("more than {MAX_FIXED_SLOTS} fixed stack slots");
                    }
                    for class in CLASSES {
                        let slots = (0..n).map(|k| PReg::new(FIRST_FIXED_SLOT + k, class));
                        self.env.fixed_stack_slots.extend(slots);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn block(&mut self, words: &[&str]) -> Result<()> {
        self.close_block();
        let at = Inst::new(self.insts.len());
        self.ranges.push(InstRange::new(at, at));
        self.succs.push(Vec::new());
        self.args.push(Vec::new());
        let mut params = Vec::new();
        let mut depth = usize::MAX;
        let mut k = 0;
        while k < words.len() {
            if let Some(list) = words[k].strip_prefix('(').and_then(|w| w.strip_suffix(')')) {
                params = self.vregs(list)?;
            } else if words[k] == "depth" {
                k += 1;
                depth = words.get(k).context("a depth")?.parse()?;
            }
            k += 1;
        }
        self.params.push(params);
        self.depths.push(depth);
        Ok(())
    }

    fn close_block(&mut self) {
        if let Some(range) = self.ranges.last_mut() {
            *range = InstRange::new(range.first(), Inst::new(self.insts.len()));
        }
    }

    fn instruction(&mut self, words: &[&str]) -> Result<()> {
        let mut inst = Instruction {
            block: self.ranges.len() - 1,
            operands: Vec::new(),
            clobbers: PRegSet::empty(),
            is_branch: words[0] == "br",
            is_ret: words[0] == "ret",
        };
        let arrow = words.iter().position(|w| *w == "->").unwrap_or(words.len());
        for word in &words[1..arrow] {
            if let Some(k) = word.strip_prefix("~c") {
                inst.clobbers = self.clobber_sets[k.parse::<usize>()?];
            } else if !word.starts_with('!') {
                inst.operands.push(self.operand(word)?);
            }
        }
        for op in &inst.operands {
            if let (OperandKind::Def, OperandConstraint::FixedReg(r)) = (op.kind(), op.constraint())
            {
                inst.clobbers.remove(r);
            }
        }
        for word in words.iter().skip(arrow + 1) {
            let (block, args) = word
                .strip_suffix(')')
                .and_then(|w| w.split_once('('))
                .unwrap_or((word, ""));
            let args = self.vregs(args)?;
            let block = block.strip_prefix('b').context("a block")?.parse()?;
            self.succs[inst.block].push(Block::new(block));
            self.args[inst.block].push(args);
        }
        self.insts.push(inst);
        Ok(())
    }

    fn operand(&self, word: &str) -> Result<Operand> {
        let (kind, rest) = match word.strip_prefix('=') {
            Some(rest) => (OperandKind::Def, rest),
            None => (OperandKind::Use, word),
        };
        let Some((name, rest)) = rest.split_once(':') else {
            return Ok(Operand::fixed_nonallocatable(register(rest)?));
        };
        let (constraint, position) = rest.split_once('@').unwrap_or((rest, ""));
        let v = vreg_number(name)?;
        let class = *self.classes.get(v).context("a vreg below 'vregs'")?;
        let pos = match (position, kind) {
            ("early", _) | ("", OperandKind::Use) => OperandPos::Early,
            _ => OperandPos::Late,
        };
        let constraint = match constraint {
            "any" => OperandConstraint::Any,
            "reg" => OperandConstraint::Reg,
            "stack" => OperandConstraint::Stack,
            c => {
                if let Some(k) = c.strip_prefix("reuse") {
                    OperandConstraint::Reuse(k.parse()?)
                } else if let Some(k) = c.strip_prefix("limit") {
                    OperandConstraint::Limit(1 << k.parse::<u32>()?)
                } else if let Some(k) = c.strip_prefix('s') {
                    OperandConstraint::FixedReg(PReg::new(
                        FIRST_FIXED_SLOT + k.parse::<usize>()?,
                        class,
                    ))
                } else {
                    OperandConstraint::FixedReg(register(c)?)
                }
            }
        };
        Ok(Operand::new(VReg::new(v, class), constraint, kind, pos))
    }

    fn vregs(&self, list: &str) -> Result<Vec<VReg>> {
        let numbers = vreg_list(list)?;
        Ok(numbers
            .into_iter()
            .map(|v| VReg::new(v, self.classes[v]))
            .collect())
    }

    /// Predecessors, and loop depths where the text gives none: a branch back makes a loop of all blocks between.
    fn finish(&mut self) {
        self.close_block();
        let n = self.ranges.len();
        self.preds = vec![Vec::new(); n];
        let mut change = vec![0i64; n + 1];
        for b in 0..n {
            for t in &self.succs[b] {
                self.preds[t.index()].push(Block::new(b));
            }
        }
        for b in 0..n {
            let last = self.preds[b].iter().map(|p| p.index()).max();
            if let Some(last) = last.filter(|last| *last >= b) {
                change[b] += 1;
                change[last + 1] -= 1;
            }
        }
        let derive = self.depths.iter().all(|d| *d == usize::MAX);
        let mut depth = 0;
        for b in 0..n {
            depth += change[b];
            let here = if derive {
                depth as usize
            } else if self.depths[b] == usize::MAX {
                0
            } else {
                self.depths[b]
            };
            self.weights.push(4u64.pow(here.min(MAX_DEPTH) as u32));
        }
    }
}

fn by_class(set: PRegSet) -> [PRegSet; 3] {
    let mut sets = [PRegSet::empty(); 3];
    for r in &set {
        sets[r.class() as usize].add(r);
    }
    sets
}

fn class_of(letter: &str) -> Result<RegClass> {
    match letter {
        "r" => Ok(RegClass::Int),
        "f" => Ok(RegClass::Float),
        "w" => Ok(RegClass::Vector),
        _ => bail!("no class {letter}"),
    }
}

fn register(name: &str) -> Result<PReg> {
    let (letter, number) = name.split_at_checked(1).context("a register")?;
    Ok(PReg::new(number.parse()?, class_of(letter)?))
}

fn vreg_number(name: &str) -> Result<usize> {
    Ok(name.strip_prefix('v').context("a vreg")?.parse()?)
}

/// `r0-r5,f0` as a set.
fn register_set(list: &str) -> Result<PRegSet> {
    let mut set = PRegSet::empty();
    if list == "-" {
        return Ok(set);
    }
    for part in list.split(',') {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (register(from)?, register(to)?);
        for n in from.hw_enc()..=to.hw_enc() {
            set.add(PReg::new(n, from.class()));
        }
    }
    Ok(set)
}

/// `v1,v4-v6` as numbers.
fn vreg_list(list: &str) -> Result<Vec<usize>> {
    let mut out = Vec::new();
    for part in list.split(',').filter(|p| !p.is_empty()) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        out.extend(vreg_number(from)?..=vreg_number(to)?);
    }
    Ok(out)
}
