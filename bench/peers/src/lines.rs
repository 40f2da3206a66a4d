//! The measured end of the bench's line servers: a request is one line, a verb and its words, and so is its answer, `ok` and
//! words or `err` and a message. The bench decides the order of the rounds and so can interleave them with Gantry's, whose
//! twin of this is `bench/serve-lines.ts`.

use anyhow::{Result, anyhow};
use std::io::{BufRead, Write};

/// What a server does for a verb: it gets what stands behind the verb and gives the words of the answer.
pub type Request<S> = fn(&mut S, &str) -> Result<String>;

/// Answers every line on standard input.
pub fn serve<S>(mut server: S, requests: &[(&str, Request<S>)]) -> Result<()> {
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match requests.iter().find(|(known, _)| *known == verb) {
            Some((_, request)) => request(&mut server, rest),
            None => Err(anyhow!("unknown request {verb}")),
        };
        match answer {
            Ok(text) => writeln!(out, "ok {text}")?,
            Err(error) => writeln!(out, "err {}", format!("{error:#}").replace('\n', " "))?,
        }
        out.flush()?;
    }
    Ok(())
}
